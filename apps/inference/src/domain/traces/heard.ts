import { z } from "zod";

/** One choice of an answer, as it is kept. */
export interface HeardChoice {
  content: string;
  finish: string | undefined;
  readonly calls: { name: string; arguments: string }[];
}

/** How many tokens there were after so many ms of the answer. */
export type TokenMoment = readonly [ms: number, tokens: number];

const mostCharacters = 200_000;
const mostMoments = 256;

const delta = z.looseObject({
  content: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z
    .array(
      z.looseObject({
        index: z.int().min(0).max(1000).nullish(),
        function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});
const document = z.looseObject({
  choices: z.array(
    z.looseObject({
      index: z.int().min(0).max(1000).nullish(),
      text: z.string().nullish(),
      message: delta.nullish(),
      delta: delta.nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
});

/** Listens to an answer while it is made: what it says, and when. */
export class Heard {
  readonly #choices: HeardChoice[] = [];
  #moments: TokenMoment[] = [];
  #tokens = 0;
  #every = 1;
  #beganAt: number | undefined;
  #characters = 0;

  get choices(): readonly HeardChoice[] {
    return this.#choices;
  }

  /** At most 256 of them, evenly spread over the tokens. */
  get moments(): readonly TokenMoment[] {
    return this.#moments;
  }

  token(
    choice: number,
    text: string,
    calls: readonly { index: number; name?: string; arguments: string }[] = [],
  ): void {
    this.#count();
    const heard = this.#choice(choice);
    if (this.#characters < mostCharacters) heard.content += text;
    this.#characters += text.length;
    for (const call of calls) this.#call(heard, call.index, call.name, call.arguments);
  }

  finish(choice: number, reason: string, text: string): void {
    const heard = this.#choice(choice);
    if (this.#characters < mostCharacters) heard.content += text;
    heard.finish = reason;
  }

  /** A document of OpenAI's: a whole answer or a chunk of a stream. */
  document(json: unknown): void {
    for (const choice of document.safeParse(json).data?.choices ?? []) {
      const heard = this.#choice(choice.index ?? 0);
      const said = choice.delta ?? choice.message;
      const text = (said?.content ?? "") + (choice.text ?? "");
      if (text !== "" || said?.reasoning_content) this.#count();
      if (this.#characters < mostCharacters) heard.content += text;
      this.#characters += text.length;
      for (const [at, call] of (said?.tool_calls ?? []).entries()) {
        this.#call(heard, call.index ?? at, call.function?.name ?? undefined, call.function?.arguments ?? "");
      }
      if (choice.finish_reason) heard.finish = choice.finish_reason;
    }
  }

  #choice(index: number): HeardChoice {
    while (this.#choices.length <= index) this.#choices.push({ content: "", finish: undefined, calls: [] });
    return this.#choices[index] ?? { content: "", finish: undefined, calls: [] };
  }

  #call(heard: HeardChoice, index: number, name: string | undefined, more: string): void {
    if (index > 128) return;
    while (heard.calls.length <= index) heard.calls.push({ name: "", arguments: "" });
    const call = heard.calls[index];
    if (call === undefined) return;
    if (name) call.name = name;
    if (call.arguments.length < mostCharacters) call.arguments += more;
  }

  #count(): void {
    this.#tokens += 1;
    this.#beganAt ??= performance.now();
    if (this.#tokens % this.#every !== 0 && this.#tokens !== 1) return;
    this.#moments.push([Math.round((performance.now() - this.#beganAt) * 100) / 100, this.#tokens]);
    if (this.#moments.length < mostMoments) return;
    this.#moments = this.#moments.filter((_, index) => index % 2 === 1);
    this.#every *= 2;
  }
}
