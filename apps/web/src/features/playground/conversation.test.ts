import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Action, converse, emptyConversation } from "./conversation.ts";
import { isStale, messagesFor, rateOf } from "./messages.ts";
import { type Answer, type Conversation, mostColumns } from "./types.ts";

const done = (text: string): Answer => ({ status: "done", text, seed: 1 });
const play = (...actions: Action[]): Conversation => actions.reduce(converse, emptyConversation("tug-small"));
const ask = (id: string, text: string): Action => ({ type: "ask", id, text });
const answer = (turn: string, text: string, candidate = "1"): Action => ({
  type: "answer",
  candidate,
  turn,
  answer: done(text),
});

describe("a conversation", () => {
  const state = play(
    { type: "system", text: "Be short." },
    ask("a", "one"),
    answer("a", "first"),
    ask("b", "two"),
    answer("b", "second"),
  );
  const candidate = state.candidates[0]!;

  it("sends what was said up to a turn, and never that turn's own answer", () => {
    expect(messagesFor(state, candidate, "b")).toEqual([
      { role: "system", content: "Be short." },
      { role: "user", content: "one" },
      { role: "assistant", content: "first" },
      { role: "user", content: "two" },
    ]);
    expect(messagesFor(state, candidate, "a")).toHaveLength(2);
  });

  it("leaves out a blank system message", () => {
    const plain = play({ type: "system", text: "  \n" }, ask("a", "x"));
    expect(messagesFor(plain, plain.candidates[0]!, "a")).toEqual([{ role: "user", content: "x" }]);
  });

  it("gives each column its own answers, or an example to all of them", () => {
    const two = converse(converse(state, { type: "add-column", model: "tug-nano" }), answer("a", "mine", "2"));
    const second = two.candidates[1]!;
    expect(messagesFor(two, second, "b")).toContainEqual({ role: "assistant", content: "mine" });
    const example = converse(two, { type: "example", turn: "a", text: "theirs {{x}}" });
    const filled = converse(example, { type: "variable", name: "x", value: "!" });
    for (const one of filled.candidates) {
      expect(messagesFor(filled, one, "b")).toContainEqual({ role: "assistant", content: "theirs !" });
    }
  });

  it("goes back to an earlier message to edit it", () => {
    const edited = converse(state, { type: "edit", turn: "b" });
    expect(edited).toMatchObject({ draft: "two", turns: [{ id: "a", user: "one" }] });
    expect(Object.keys(edited.candidates[0]?.answers ?? {})).toEqual(["a"]);
  });

  it("rewrites, moves and deletes messages in place", () => {
    const changed = [
      { type: "rewrite", turn: "a", text: "uno" } as const,
      { type: "move", turn: "b", by: -1 } as const,
      { type: "move", turn: "b", by: -1 } as const,
    ].reduce(converse, state);
    expect(changed.turns.map(({ user }) => user)).toEqual(["two", "uno"]);
    const without = converse(changed, { type: "remove", turn: "b" });
    expect(without.turns.map(({ id }) => id)).toEqual(["a"]);
    expect(Object.keys(without.candidates[0]?.answers ?? {})).toEqual(["a"]);
  });

  it("drops a late piece of an answer whose turn is gone", () => {
    const edited = converse(state, { type: "edit", turn: "a" });
    expect(converse(edited, answer("b", "late"))).toBe(edited);
  });

  it("clears the talk and keeps the set-up", () => {
    const cleared = converse(state, { type: "clear" });
    expect(cleared).toMatchObject({ system: "Be short.", turns: [], draft: "" });
    expect(cleared.candidates[0]).toMatchObject({ model: "tug-small", answers: {} });
  });
});

describe("columns", () => {
  const action = fc.oneof(
    fc.constant<Action>({ type: "add-column", model: "m" }),
    fc
      .constantFrom("1", "2", "3", "4", "9")
      .chain((candidate) =>
        fc.constantFrom<Action>({ type: "duplicate-column", candidate }, { type: "remove-column", candidate }),
      ),
  );

  it("are one to four, each with a name of its own, whatever is done", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const { candidates } = play(...actions);
        expect(candidates.length).toBeGreaterThanOrEqual(1);
        expect(candidates.length).toBeLessThanOrEqual(mostColumns);
        expect(new Set(candidates.map(({ id }) => id)).size).toBe(candidates.length);
      }),
    );
  });

  it("are duplicated beside themselves, with their parameters and without their answers", () => {
    const state = play(
      { type: "add-column", model: "last" },
      { type: "parameters", candidate: "1", change: { temperature: 0.1 } },
      ask("a", "x"),
      answer("a", "y"),
      { type: "duplicate-column", candidate: "1" },
    );
    expect(state.candidates.map(({ model }) => model)).toEqual(["tug-small", "tug-small", "last"]);
    expect(state.candidates[1]).toMatchObject({ parameters: { temperature: 0.1 }, answers: {} });
  });
});

describe("an answer", () => {
  it("is stale once its question has changed, and not for a change behind it", () => {
    const before = play(ask("a", "{{x}}"), { type: "variable", name: "x", value: "1" });
    const messages = messagesFor(before, before.candidates[0]!, "a");
    expect(messages[0]?.content).toBe("1");
    const state = play(ask("a", "one"), ask("b", "two"));
    const asked = { ...done("first"), asked: "other" };
    const answered = converse(state, { type: "answer", candidate: "1", turn: "a", answer: asked });
    expect(isStale(answered, answered.candidates[0]!, "a")).toBe(true);
    expect(isStale(answered, answered.candidates[0]!, "b")).toBe(false);
  });

  it("has a decode speed that leaves the first token out, and none when it came all at once", () => {
    const figures = { ...done("x"), completionTokens: 11, ttftMs: 120, decodeMs: 100 };
    expect(rateOf({ ...figures, bursts: 9 })).toEqual({ tokensPerSecond: 100, over: "decode" });
    expect(rateOf({ ...figures, bursts: 2 })).toEqual({ tokensPerSecond: 50, over: "whole" });
    expect(rateOf({ ...figures, completionTokens: 1 })).toBeUndefined();
  });
});
