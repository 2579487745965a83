import { stringify } from "yaml";
import { parseFlow } from "./document.ts";
import type { FlowFields, FlowType } from "./types.ts";

/** The type of a value in a flow. */
export type FlowValueOf<T> = T extends "string"
  ? string
  : T extends "number" | "integer"
    ? number
    : T extends "boolean"
      ? boolean
      : T extends { readonly enum: readonly (infer E)[] }
        ? E
        : T extends { readonly list: infer L }
          ? FlowValueOf<L>[]
          : T extends { readonly object: infer O }
            ? FlowValuesOf<O>
            : unknown;

export type FlowValuesOf<F> = { [Name in keyof F]: FlowValueOf<F[Name]> };

export interface FlowDeclaration<I extends FlowFields> {
  readonly flow: string;
  readonly description?: string;
  readonly input: I;
  /** As in YAML: `{ find: { retrieve: "docs", query: "${input.question}" } }`. */
  readonly steps: Readonly<Record<string, object>>;
  readonly output: unknown;
  readonly concurrency?: number;
  readonly measure?: { readonly questions: string; readonly score: string };
  readonly require?: Readonly<Record<string, string>>;
  readonly prefer?: "quality" | "latency" | "cost";
}

/** A flow with the types of what it takes. */
export interface DefinedFlow<Input> {
  readonly flow: string;
  /** The document that `tug flows apply` sends. */
  readonly yaml: string;
  /**
   * Runs the flow by `POST /v1/flows/<name>` and waits for its output, whose type is the caller's word.
   * @throws Error with the service's sentence
   */
  call<Output = unknown>(
    input: Input,
    service: { readonly url: string; readonly apiKey: string; readonly signal?: AbortSignal },
  ): Promise<Output>;
}

/**
 * Declares a flow in TypeScript; names and types are checked where it is applied.
 * @throws FlowError `bad-document` where it has not the form of a flow
 */
export function defineFlow<const I extends { readonly [name: string]: FlowType }>(
  declaration: FlowDeclaration<I>,
): DefinedFlow<FlowValuesOf<I>> {
  const { flow } = parseFlow(declaration);
  return {
    flow,
    yaml: stringify(declaration, { lineWidth: 110 }),
    async call<Output>(
      input: FlowValuesOf<I>,
      { apiKey, signal, url }: { readonly url: string; readonly apiKey: string; readonly signal?: AbortSignal },
    ): Promise<Output> {
      const response = await fetch(`${url.replace(/\/$/, "")}/v1/flows/${encodeURIComponent(flow)}`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ input }),
        ...(signal && { signal }),
      });
      const answer = (await response.json()) as { state?: string; output?: Output; error?: { message?: string } };
      if (!response.ok || answer.state !== "done") {
        throw new Error(answer.error?.message ?? `The flow ${flow} is ${answer.state ?? response.status}.`);
      }
      // The service has checked the steps' outputs against their types.
      return answer.output as Output;
    },
  };
}
