import { randomUUID } from "node:crypto";
import type { ToolCallDelta } from "@tugboat/engine";

export interface ToolCallBody {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A call's name for its answer to refer to. */
function callId(): string {
  return `call_${randomUUID().replaceAll("-", "")}`;
}

/** Puts the pieces of calls together. */
export class ToolCalls {
  readonly #calls: { id: string; name: string; arguments: string }[] = [];

  add(deltas: readonly ToolCallDelta[]): void {
    for (const { arguments: more, index, name } of deltas) {
      this.#calls[index] ??= { id: callId(), name: name ?? "", arguments: "" };
      this.#calls[index].arguments += more;
    }
  }

  body(): ToolCallBody[] {
    return this.#calls.map(({ arguments: text, id, name }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
  }
}

/** A piece of a call as a stream's chunk carries it. */
export function toolCallDelta({ arguments: more, index, name }: ToolCallDelta): object {
  if (name === undefined) return { index, function: { arguments: more } };
  return { index, id: callId(), type: "function", function: { name, arguments: more } };
}
