import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyConversation } from "./conversation.ts";
import type { Conversation } from "./types.ts";
import { fromQuery, toQuery } from "./url.ts";

const said = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });

const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    model: fc.string(),
    system: fc.string(),
    draft: fc.string(),
    talk: fc.array(fc.tuple(said, said), { maxLength: 4 }),
    parameters: fc.record({
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
      topP: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
      maxTokens: fc.integer({ min: 1, max: 4096 }),
      seed: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
    }),
  })
  .map(({ model, system, draft, talk, parameters }) => ({
    system,
    draft,
    turns: talk.map(([user]) => user),
    candidates: [
      {
        id: "1",
        model,
        parameters,
        answers: talk.map(([, text]) => ({ status: "done" as const, text, seed: parameters.seed ?? 0 })),
      },
    ],
  }));

describe("a playground's address", () => {
  it("brings back what it was made from", () => {
    fc.assert(
      fc.property(conversation, (state) => {
        expect(fromQuery(toQuery(state))).toEqual(state);
      }),
    );
  });

  it("is empty for an untouched playground", () => {
    expect(toQuery(emptyConversation())).toBe("");
  });

  it("turns an unanswered message into a draft", () => {
    const state = fromQuery("user=one&answer=first&user=two");
    expect(state).toMatchObject({ turns: ["one"], draft: "two" });
  });

  it("survives any address", () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), (query) => {
        const { parameters } = fromQuery(query).candidates[0]!;
        expect(parameters.temperature).toBeGreaterThanOrEqual(0);
      }),
    );
    const { parameters } = fromQuery("temperature=900&top_p=-1&max_tokens=x&seed=1e99").candidates[0]!;
    expect(parameters).toEqual({ temperature: 0.7, topP: 1, maxTokens: 256, seed: 0 });
  });

  it("leaves answers out rather than grow past what can be shared", () => {
    const long = fromQuery("user=hi&answer=ok&user=more&answer=ok");
    const grown: Conversation = {
      ...long,
      candidates: long.candidates.map((one) => ({
        ...one,
        answers: one.answers.map((answer) => answer && { ...answer, text: "x".repeat(9000) }),
      })),
    };
    expect(toQuery(grown).length).toBeLessThan(100);
  });
});
