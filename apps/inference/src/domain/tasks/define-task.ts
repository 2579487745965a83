import { checkTask, type Preference, type TaskDocument } from "./document.ts";
import type { Fields, FieldType } from "./fields.ts";

/** The type of a field's values. */
export type ValueOf<F> = F extends "string"
  ? string
  : F extends "number" | "integer"
    ? number
    : F extends "boolean"
      ? boolean
      : F extends { readonly enum: readonly (infer E)[] }
        ? E
        : F extends { readonly list: infer L }
          ? ValueOf<L>[]
          : F extends { readonly object: infer O }
            ? ValuesOf<O>
            : never;

export type ValuesOf<F> = { [Name in keyof F]: ValueOf<F[Name]> };

export interface Declaration<I extends Fields, O extends Fields> {
  readonly task: string;
  readonly instruction: string;
  readonly input: I;
  readonly output: O;
  readonly examples: string;
  readonly measure?: string;
  /** As in YAML: `{ accuracy: ">= 0.85", latency_p95: "<= 400ms" }`. */
  readonly require?: Readonly<Record<string, string>>;
  readonly prefer?: Preference | "accuracy";
  readonly confidence?: number;
}

/** A task with the types of what it takes and gives. */
export interface DefinedTask<Input, Output> {
  readonly document: TaskDocument;
  /**
   * Calls the task by `POST /v1/tasks/<name>`.
   * @throws Error with the service's sentence
   */
  call(
    input: Input,
    service: { readonly url: string; readonly apiKey: string; readonly signal?: AbortSignal },
  ): Promise<Output>;
}

/**
 * Declares a task in TypeScript. The types of input and output follow from the fields.
 * @throws TaskError `bad-document`
 */
export function defineTask<
  const I extends { readonly [name: string]: FieldType },
  const O extends { readonly [name: string]: FieldType },
>(declaration: Declaration<I, O>): DefinedTask<ValuesOf<I>, ValuesOf<O>> {
  const document = checkTask(declaration);
  return {
    document,
    async call(input, { apiKey, signal, url }) {
      const response = await fetch(`${url.replace(/\/$/, "")}/v1/tasks/${encodeURIComponent(document.task)}`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ input }),
        ...(signal && { signal }),
      });
      const answer = (await response.json()) as { output?: ValuesOf<O>; error?: { message?: string } };
      if (!response.ok || answer.output === undefined) {
        throw new Error(answer.error?.message ?? `The task ${document.task} answered ${response.status}.`);
      }
      // The service has checked it against the same fields.
      return answer.output;
    },
  };
}
