import { type Envelope, finishReason, systemFingerprint, usageBody } from "./answer.ts";
import type { Answering, ChoiceEvent } from "./generation.ts";
import { type ChatLogprob, chatLogprob } from "./logprobs.ts";
import type { ChunkWriter } from "./sse.ts";
import { type ToolCallBody, ToolCalls, toolCallDelta } from "./tool-calls.ts";

type Logprobs = { content: ChatLogprob[]; refusal: null } | null;

interface Choice {
  text: string;
  readonly calls: ToolCalls;
  logprobs: ChatLogprob[];
  finish: ReturnType<typeof finishReason>;
}

/** Reads a generation to its end. */
export async function chatBody(
  { id, created, model }: Envelope,
  generation: Answering,
  count: number,
  withLogprobs: boolean,
) {
  const choices = Array.from(
    { length: count },
    (): Choice => ({
      text: "",
      calls: new ToolCalls(),
      logprobs: [],
      finish: "stop",
    }),
  );
  for (let events = await generation.next(); events !== undefined; events = await generation.next()) {
    for (const event of events) {
      const choice = choices[event.choice];
      if (choice === undefined) continue;
      choice.text += event.text;
      choice.calls.add(event.calls ?? []);
      if (event.type === "finish") choice.finish = finishReason(event);
      else if (event.logprobs !== undefined) choice.logprobs.push(chatLogprob(event.logprobs));
    }
  }
  return {
    id,
    object: "chat.completion",
    created,
    model,
    system_fingerprint: systemFingerprint,
    choices: choices.map(({ calls, text, logprobs, finish }, index) => ({
      index,
      message: messageBody(text, calls.body()),
      logprobs: withLogprobs ? { content: logprobs, refusal: null } : null,
      finish_reason: finish,
    })),
    usage: usageBody(generation.usage),
  };
}

function messageBody(text: string, calls: readonly ToolCallBody[]) {
  if (calls.length === 0) return { role: "assistant", content: text, refusal: null };
  return { role: "assistant", content: text === "" ? null : text, refusal: null, tool_calls: calls };
}

/** The same as chunks. A token whose text is held back brings its log-probabilities with the next text. */
export class ChatChunks implements ChunkWriter {
  readonly #head: object;
  readonly #choices: number;
  readonly #includeUsage: boolean;
  readonly #held = new Map<number, ChatLogprob[]>();

  constructor({ id, created, model }: Envelope, choices: number, includeUsage: boolean) {
    this.#head = { id, object: "chat.completion.chunk", created, model, system_fingerprint: systemFingerprint };
    this.#choices = choices;
    this.#includeUsage = includeUsage;
  }

  begin(): object[] {
    return Array.from({ length: this.#choices }, (_, index) =>
      this.#chunk(index, { role: "assistant", content: "", refusal: null }, null, null),
    );
  }

  chunks(events: readonly ChoiceEvent[]): object[] {
    const out: object[] = [];
    for (const event of events) {
      if (event.type === "token" && event.logprobs !== undefined) {
        const held = this.#held.get(event.choice) ?? [];
        held.push(chatLogprob(event.logprobs));
        this.#held.set(event.choice, held);
      }
      if (event.text !== "")
        out.push(this.#chunk(event.choice, { content: event.text }, this.#release(event.choice), null));
      if (event.calls !== undefined) {
        const delta = { tool_calls: event.calls.map(toolCallDelta) };
        out.push(this.#chunk(event.choice, delta, this.#release(event.choice), null));
      }
      if (event.type === "finish") {
        out.push(this.#chunk(event.choice, {}, this.#release(event.choice), finishReason(event)));
      }
    }
    return out;
  }

  end(generation: Answering, told: object): object[] {
    return this.#includeUsage ? [{ ...this.#head, choices: [], usage: usageBody(generation.usage), ...told }] : [];
  }

  #release(choice: number): Logprobs {
    const content = this.#held.get(choice);
    this.#held.delete(choice);
    return content === undefined ? null : { content, refusal: null };
  }

  #chunk(index: number, delta: object, logprobs: Logprobs, finish: string | null): object {
    const choices = [{ index, delta, logprobs, finish_reason: finish }];
    return this.#includeUsage ? { ...this.#head, choices, usage: null } : { ...this.#head, choices };
  }
}
