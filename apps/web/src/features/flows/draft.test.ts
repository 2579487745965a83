import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeDraft, type DraftChange, newDraft } from "./draft.ts";

const after = (...changes: DraftChange[]) => changes.reduce(changeDraft, newDraft("a"));

describe("a draft", () => {
  it("takes typing back as one change, and other changes one by one", () => {
    const typed = after({ kind: "type", text: "ab" }, { kind: "type", text: "abc" }, { kind: "set", text: "x" });
    expect(changeDraft(typed, { kind: "undo" }).text).toBe("abc");
    const twice = [{ kind: "undo" }, { kind: "undo" }] as const;
    expect(twice.reduce(changeDraft, typed).text).toBe("a");
    const paused = after({ kind: "type", text: "ab" }, { kind: "settle" }, { kind: "type", text: "abc" });
    expect(changeDraft(paused, { kind: "undo" }).text).toBe("ab");
  });

  it("comes back to where it was by as many steps forward as back", () => {
    const texts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.nat({ max: 30 }), (all, steps) => {
        const draft = after(...all.map((text) => ({ kind: "set", text }) as const));
        const back = Math.min(steps, draft.past.length);
        const there = Array.from({ length: back }, () => ({ kind: "undo" }) as const).reduce(changeDraft, draft);
        const again = Array.from({ length: back }, () => ({ kind: "redo" }) as const).reduce(changeDraft, there);
        expect(again.text).toBe(draft.text);
        expect(again.past).toEqual(draft.past);
      }),
    );
  });
});
