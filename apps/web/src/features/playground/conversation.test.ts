import { describe, expect, it } from "vitest";
import { type Action, converse, emptyConversation, messagesFor, tokensPerSecond } from "./conversation.ts";
import type { Answer, Conversation } from "./types.ts";

const done = (text: string): Answer => ({ status: "done", text, seed: 1 });
const play = (...actions: Action[]): Conversation => actions.reduce(converse, emptyConversation("tug-small"));

describe("a conversation", () => {
  const state = play(
    { type: "system", text: "Be short." },
    { type: "ask", text: "one" },
    { type: "answer", candidate: "1", turn: 0, answer: done("first") },
    { type: "ask", text: "two" },
    { type: "answer", candidate: "1", turn: 1, answer: done("second") },
  );
  const candidate = state.candidates[0]!;

  it("sends what was said up to a turn, and never that turn's own answer", () => {
    expect(messagesFor(state, candidate, 1)).toEqual([
      { role: "system", content: "Be short." },
      { role: "user", content: "one" },
      { role: "assistant", content: "first" },
      { role: "user", content: "two" },
    ]);
    expect(messagesFor(state, candidate, 0)).toHaveLength(2);
  });

  it("leaves out a blank system message", () => {
    const plain = play({ type: "system", text: "  \n" }, { type: "ask", text: "x" });
    expect(messagesFor(plain, plain.candidates[0]!, 0)).toEqual([{ role: "user", content: "x" }]);
  });

  it("goes back to an earlier message to edit it", () => {
    const edited = converse(state, { type: "edit", turn: 1 });
    expect(edited).toMatchObject({ draft: "two", turns: ["one"] });
    expect(edited.candidates[0]?.answers.map((answer) => answer?.text)).toEqual(["first"]);
  });

  it("drops a late piece of an answer whose turn is gone", () => {
    const edited = converse(state, { type: "edit", turn: 0 });
    expect(converse(edited, { type: "answer", candidate: "1", turn: 1, answer: done("late") })).toBe(edited);
  });

  it("keeps one answer for each turn when the first turn failed to be stored", () => {
    const skipped = play(
      { type: "ask", text: "a" },
      { type: "ask", text: "b" },
      { type: "answer", candidate: "1", turn: 1, answer: done("B") },
    );
    expect(skipped.candidates[0]?.answers).toHaveLength(2);
    expect(skipped.candidates[0]?.answers[0]).toBeUndefined();
  });

  it("clears the talk and keeps the set-up", () => {
    const cleared = converse(state, { type: "clear" });
    expect(cleared).toMatchObject({ system: "Be short.", turns: [], draft: "" });
    expect(cleared.candidates[0]).toMatchObject({ model: "tug-small", answers: [] });
  });
});

describe("tokensPerSecond", () => {
  it("counts the gaps between tokens", () => {
    expect(tokensPerSecond({ ...done(""), completionTokens: 11, decodeMs: 100 })).toBe(100);
    expect(tokensPerSecond({ ...done(""), completionTokens: 1, decodeMs: 0 })).toBeUndefined();
  });
});
