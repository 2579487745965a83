import type { TokenLogprobs } from "@tugboat/engine";
import { type Envelope, finishReason, systemFingerprint, usageBody } from "./answer.ts";
import type { Answering, ChoiceEvent } from "./generation.ts";
import { type CompletionLogprobs, completionLogprobs } from "./logprobs.ts";
import type { ChunkWriter } from "./sse.ts";

interface Choice {
  text: string;
  entries: { offset: number; logprobs: TokenLogprobs }[];
  finish: ReturnType<typeof finishReason>;
}

/** Reads a generation to its end. */
export async function completionBody({ id, created, model }: Envelope, generation: Answering, count: number) {
  const choices = Array.from({ length: count }, (): Choice => ({ text: "", entries: [], finish: "stop" }));
  for (let events = await generation.next(); events !== undefined; events = await generation.next()) {
    for (const event of events) {
      const choice = choices[event.choice];
      if (choice === undefined) continue;
      if (event.type === "finish") choice.finish = finishReason(event);
      else if (event.logprobs !== undefined)
        choice.entries.push({ offset: choice.text.length, logprobs: event.logprobs });
      choice.text += event.text;
    }
  }
  return {
    id,
    object: "text_completion",
    created,
    model,
    system_fingerprint: systemFingerprint,
    choices: choices.map(({ text, entries, finish }, index) => ({
      index,
      text,
      logprobs: entries.length === 0 ? null : completionLogprobs(entries),
      finish_reason: finish,
    })),
    usage: usageBody(generation.usage),
  };
}

/** The same as chunks. A token whose text is held back brings its log-probabilities with the next text. */
export class CompletionChunks implements ChunkWriter {
  readonly #head: object;
  readonly #includeUsage: boolean;
  readonly #choices = new Map<number, { length: number; held: Choice["entries"] }>();

  constructor({ id, created, model }: Envelope, includeUsage: boolean) {
    this.#head = { id, object: "text_completion", created, model, system_fingerprint: systemFingerprint };
    this.#includeUsage = includeUsage;
  }

  begin(): object[] {
    return [];
  }

  chunks(events: readonly ChoiceEvent[]): object[] {
    const out: object[] = [];
    for (const event of events) {
      const choice = this.#choice(event.choice);
      if (event.type === "token" && event.logprobs !== undefined) {
        choice.held.push({ offset: choice.length, logprobs: event.logprobs });
      }
      choice.length += event.text.length;
      if (event.type === "finish") out.push(this.#chunk(event.choice, event.text, choice, finishReason(event)));
      else if (event.text !== "") out.push(this.#chunk(event.choice, event.text, choice, null));
    }
    return out;
  }

  end(generation: Answering, told: object): object[] {
    return this.#includeUsage ? [{ ...this.#head, choices: [], usage: usageBody(generation.usage), ...told }] : [];
  }

  #choice(index: number): { length: number; held: Choice["entries"] } {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = { length: 0, held: [] };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #chunk(index: number, text: string, choice: { held: Choice["entries"] }, finish: string | null): object {
    const logprobs: CompletionLogprobs | null = choice.held.length === 0 ? null : completionLogprobs(choice.held);
    choice.held = [];
    const choices = [{ index, text, logprobs, finish_reason: finish }];
    return this.#includeUsage ? { ...this.#head, choices, usage: null } : { ...this.#head, choices };
  }
}
