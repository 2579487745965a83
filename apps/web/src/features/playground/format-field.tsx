import { Field, Select, Textarea } from "../../ui/field.tsx";
import { schemaProblem } from "./chat-body.ts";
import type { ResponseFormat } from "./types.ts";

export interface FormatFieldProps {
  readonly format: ResponseFormat;
  readonly onChange: (format: ResponseFormat) => void;
}

const example = `{
  "type": "object",
  "properties": { "queue": { "enum": ["billing", "bug", "other"] } },
  "required": ["queue"],
  "additionalProperties": false
}`;

/** To which form an answer is held. */
export function FormatField({ format, onChange }: FormatFieldProps) {
  return (
    <div className="grid gap-2">
      <Field label="Answer in the form of">
        {(control) => (
          <Select {...control} value={format.type} onChange={(event) => onChange(formatOf(event.currentTarget.value))}>
            <option value="text">Text, whatever the model writes</option>
            <option value="json_object">A JSON object</option>
            <option value="json_schema">A JSON Schema</option>
          </Select>
        )}
      </Field>
      {format.type === "json_schema" ? (
        <Field label="Schema" problem={schemaProblem(format.schema)}>
          {(control) => (
            <Textarea
              {...control}
              rows={6}
              spellCheck={false}
              value={format.schema}
              onChange={(event) => onChange({ type: "json_schema", schema: event.currentTarget.value })}
              className="field-sizing-content max-h-60 font-mono text-xs"
            />
          )}
        </Field>
      ) : null}
    </div>
  );
}

function formatOf(type: string): ResponseFormat {
  if (type === "json_schema") return { type, schema: example };
  return type === "json_object" ? { type } : { type: "text" };
}
