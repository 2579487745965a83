import { useId } from "react";
import { cx } from "../../ui/class-names.ts";

export interface VariablesFormProps {
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
  readonly onChange: (name: string, value: string) => void;
}

/** A field for each `{{name}}` of the prompt. */
export function VariablesForm({ names, values, missing, onChange }: VariablesFormProps) {
  const id = useId();
  const lacking = missing.filter((name) => names.includes(name) && !(Object.hasOwn(values, name) && values[name]));
  return (
    <fieldset className="grid max-h-[24dvh] gap-2 overflow-y-auto border-line border-b px-4 py-3">
      <legend className="sr-only">Variables</legend>
      {names.map((name, at) => (
        <div key={name} className="grid grid-cols-[minmax(0,120px)_minmax(0,1fr)] items-center gap-3">
          <label htmlFor={`${id}-${at}`} className="truncate font-mono text-ink-2 text-xs" title={name}>
            {name}
          </label>
          <textarea
            id={`${id}-${at}`}
            rows={1}
            data-variable={name}
            value={Object.hasOwn(values, name) ? values[name] : ""}
            aria-invalid={lacking.includes(name) || undefined}
            aria-describedby={lacking.length > 0 ? `${id}-problem` : undefined}
            onChange={(event) => onChange(name, event.currentTarget.value)}
            className={cx(
              "field-frame control-text field-sizing-content max-h-24 w-full min-w-0 resize-none px-2.5 py-1 outline-none",
              lacking.includes(name) && "border-bad",
            )}
          />
        </div>
      ))}
      {lacking.length > 0 ? (
        <p id={`${id}-problem`} role="alert" className="text-bad text-xs">
          {lacking.length === 1 ? `${lacking[0]} has` : `${lacking.join(", ")} have`} no value yet.
        </p>
      ) : null}
    </fieldset>
  );
}
