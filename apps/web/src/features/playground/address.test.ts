import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromQuery, hashOf, longestLink, readAddress } from "./address.ts";
import { converse, emptyCandidate, emptyConversation } from "./conversation.ts";
import { fromDocument, toDocument } from "./document.ts";
import { pack, unpack } from "./packing.ts";
import { type Conversation, defaultParameters } from "./types.ts";

const said = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0);

const parameters = fc.record({
  temperature: number(0, 2),
  topP: number(0, 1),
  maxTokens: fc.integer({ min: 1, max: 4096 }),
  seed: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
  frequencyPenalty: number(-2, 2),
  presencePenalty: number(-2, 2),
  stop: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 3 }),
  logprobs: fc.boolean(),
  format: fc.constantFrom({ type: "text" as const }, { type: "json_schema" as const, schema: "{}" }),
});

const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    system: fc.string(),
    draft: fc.string(),
    variables: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string(), { noNullPrototype: true }),
    talk: fc.array(fc.record({ user: said, answer: said }), { maxLength: 3 }),
    columns: fc.array(
      fc.record({
        model: fc.string(),
        place: fc.constantFrom("service" as const, "browser" as const),
        device: fc.constantFrom("auto" as const, "cpu" as const),
        parameters,
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ talk, columns, ...rest }) => ({
    ...rest,
    turns: talk.map(({ user }, at) => ({ id: `t${at}`, user })),
    candidates: columns.map((column, at) => ({
      ...emptyCandidate(String(at + 1)),
      ...column,
      answers: Object.fromEntries(
        talk.map(({ answer }, turn) => [`t${turn}`, { status: "done" as const, text: answer, seed: 7 }]),
      ),
    })),
  }));

describe("a playground's address", () => {
  it("brings back what it was made from", async () => {
    await fc.assert(
      fc.asyncProperty(conversation, async (state) => {
        expect(fromDocument(await unpack(await pack(toDocument(state, true))))).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });

  it("is empty for an untouched playground", async () => {
    expect(await hashOf(emptyConversation())).toBe("");
    expect(await readAddress("", "")).toEqual({ kind: "nothing" });
  });

  it("says that it is damaged rather than show half of something", async () => {
    const good = (await hashOf(emptyConversation("m"))) ?? "";
    expect(await readAddress("", good)).toMatchObject({ kind: "state" });
    for (const hash of [
      "#p=",
      "#p=%00",
      `${good.slice(0, -4)}`,
      `#p=${await pack({ v: 2 })}`,
      `#p=${await pack(null)}`,
    ]) {
      expect(await readAddress("", hash)).toEqual({ kind: "damaged" });
    }
    expect(await readAddress("?shared=../../etc", "")).toEqual({ kind: "damaged" });
    expect(await readAddress("?shared=abc_DEF-1234", "")).toEqual({ kind: "shared", id: "abc_DEF-1234" });
  });

  it("does not unpack what would fill the memory", async () => {
    expect(await unpack(await pack("x".repeat(5_000_000)))).toBeUndefined();
  });

  it("leaves answers out before it gives up", async () => {
    const noise = (length: number) =>
      Array.from({ length }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join("");
    const asked = converse(emptyConversation("m"), { type: "ask", id: "a", text: "hi" });
    const long = { status: "done" as const, text: noise(9000), seed: 1 };
    const answered = converse(asked, { type: "answer", candidate: "1", turn: "a", answer: long });
    const hash = (await hashOf(answered)) ?? "";
    expect(hash.length).toBeLessThan(longestLink);
    const read = await readAddress("", hash);
    expect(read).toMatchObject({ kind: "state", state: { turns: [{ user: "hi" }], candidates: [{ answers: {} }] } });
    expect(await hashOf(converse(answered, { type: "system", text: noise(9000) }))).toBeUndefined();
  });
});

describe("a link of the older form", () => {
  it("is still read", () => {
    const state = fromQuery(
      "model=m&temperature=0&seed=3&system=S&user=one&answer=first&user=two&answer=second&draft=d",
    );
    expect(state).toMatchObject({ system: "S", draft: "d", turns: [{ user: "one" }, { user: "two" }] });
    expect(state.candidates[0]).toMatchObject({ model: "m", parameters: { temperature: 0, seed: 3 } });
    expect(Object.values(state.candidates[0]?.answers ?? {}).map(({ text }) => text)).toEqual(["first", "second"]);
  });

  it("opens a column for each model, up to four", () => {
    const { candidates } = fromQuery("model=a&model=b&model=a&model=c&model=d&model=e&temperature=0");
    expect(candidates.map(({ id, model }) => [id, model])).toEqual([
      ["1", "a"],
      ["2", "b"],
      ["3", "c"],
      ["4", "d"],
    ]);
    expect(candidates.every(({ parameters }) => parameters.temperature === 0)).toBe(true);
  });

  it("turns an unanswered message into a draft", () => {
    expect(fromQuery("user=one&answer=first&user=two")).toMatchObject({ turns: [{ user: "one" }], draft: "two" });
  });

  it("survives anything", () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), (query) => {
        expect(fromQuery(query).candidates[0]?.parameters.temperature).toBeGreaterThanOrEqual(0);
      }),
    );
    const wrong = fromQuery("temperature=900&top_p=-1&max_tokens=x&seed=1e99").candidates[0]?.parameters;
    expect(wrong).toEqual({ ...defaultParameters, seed: 0 });
  });
});
