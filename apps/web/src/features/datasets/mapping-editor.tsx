"use client";

import { Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { readable } from "./example-text.ts";
import type { Inspected, Mapping } from "./types.ts";

export interface MappingEditorProps {
  readonly found: Inspected;
  readonly file: string;
  readonly isLooking: boolean;
  readonly onMap: (mapping: Mapping) => void;
}

const roles = [
  ["input", "what the model is shown"],
  ["expected", "the right answer"],
  ["tag", "tags"],
  ["split", "train, validation or test"],
  ["ignore", "left out"],
] as const;
type Role = (typeof roles)[number][0];

const shapes: Readonly<Record<Exclude<Mapping["shape"], "columns">, string>> = {
  chat: "Chat messages, as OpenAI's fine-tuning has them. The last message is the right answer.",
  sharegpt: "Conversations, as ShareGPT has them. The last turn is the right answer.",
  preference: "Preference pairs: a better and a worse answer to the same prompt.",
  alpaca: "Instructions with their answers, as Alpaca has them.",
};

function isRole(text: string): text is Role {
  return roles.some(([role]) => role === text);
}

/** What the columns were taken for, to be corrected, and what the first rows become of it. */
export function MappingEditor({ file, found, isLooking, onMap }: MappingEditorProps) {
  const { mapping } = found;
  return (
    <>
      <section className="grid gap-2">
        <h3 className="font-medium text-xs">
          {plural(found.columns.length, "column")} of {file}
        </h3>
        {mapping.shape === "columns" ? (
          <ul className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
            {found.columns.map(({ name, samples }) => (
              <li
                key={name}
                className="grid items-center gap-2 bg-surface px-3 py-2 sm:grid-cols-[minmax(0,1fr)_220px]"
              >
                <div className="min-w-0">
                  <p className="truncate font-medium">{name}</p>
                  <p className="truncate text-ink-3 text-xs">{samples.join(" · ") || "empty"}</p>
                </div>
                <Select
                  aria-label={`Column ${name}`}
                  value={mapping.columns[name] ?? "ignore"}
                  disabled={isLooking}
                  onChange={(event) => {
                    const role = event.currentTarget.value;
                    if (isRole(role)) onMap({ ...mapping, columns: { ...mapping.columns, [name]: role } });
                  }}
                >
                  {roles.map(([role, words]) => (
                    <option key={role} value={role}>
                      {words}
                    </option>
                  ))}
                </Select>
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-ink-2">{shapes[mapping.shape]}</p>
        )}
      </section>
      <section className="grid gap-2" aria-busy={isLooking}>
        <h3 className="font-medium text-xs">The first rows become</h3>
        <ul className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
          {found.preview.slice(0, 4).map(({ example, problem, row }) => (
            <li
              key={row}
              className="grid gap-x-4 gap-y-1 bg-surface px-3 py-2 text-xs sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]"
            >
              {example ? (
                <>
                  <p className="line-clamp-2 whitespace-pre-line break-words">{readable(example.input)}</p>
                  <p className="line-clamp-2 whitespace-pre-line break-words text-ink-2">
                    {readable(example.expected) || "no answer yet"}
                  </p>
                </>
              ) : (
                <p className="text-warn sm:col-span-2">
                  Row {row} is left out: {problem}.
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
