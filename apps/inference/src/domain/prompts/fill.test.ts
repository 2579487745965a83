import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentDigest, promptContent } from "./content.ts";
import { fillPrompt } from "./fill.ts";

const prompt = (text: string, variables: object[]) =>
  promptContent.parse({ model: "m", messages: [{ role: "user", content: text }], variables });
const fill = (text: string, variables: object[], given: Record<string, unknown>) =>
  fillPrompt(prompt(text, variables), given)[0]?.content;

describe("filling a prompt", () => {
  it("puts values in, whatever they hold, and looks into none of them", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(fill("a {{ x }} b {{x}}", [{ name: "x" }], { x: value })).toBe(`a ${value} b ${value}`);
      }),
    );
    expect(fill("{{x}}", [{ name: "x" }, { name: "y" }], { x: "{{y}}", y: "no" })).toBe("{{y}}");
    expect(
      fill(
        "{{n}} {{b}} {{j}}",
        [
          { name: "n", type: "number" },
          { name: "b", type: "boolean", default: false },
          { name: "j", type: "json" },
        ],
        { n: 1.5, j: { a: [1] } },
      ),
    ).toBe('1.5 false {"a":[1]}');
    expect(fill("[{{x}}]", [{ name: "x", required: false }], {})).toBe("[]");
  });

  it.each([
    [{}, /'x' is missing/, "variables.x"],
    [{ x: "many" }, /'x' is "many"; it must be a whole number/, "variables.x"],
    [{ x: 1, z: 1 }, /no variable 'z'/, "variables.z"],
    [{ x: 1, q: "c" }, /'q' is "c"; it must be one of 'a', 'b'/, "variables.q"],
  ])("says which of %j is wrong", (given, message, field) => {
    const variables = [
      { name: "x", type: "integer" },
      { name: "q", type: "choice", options: ["a", "b"], required: false },
    ];
    expect(() => fill("{{x}}", variables, given)).toThrow(message);
    try {
      fill("{{x}}", variables, given);
    } catch (error) {
      expect(error).toMatchObject({ field });
    }
  });

  it("knows when names and messages don't fit, and when content is the same", () => {
    const bad = promptContent.safeParse({ model: "m", messages: [{ role: "user", content: "{{y}}" }] });
    expect(bad.error?.issues[0]?.message).toMatch(/{{y}} stands in a message and is no variable/);
    expect(promptContent.safeParse({ model: "m", messages: [] }).success).toBe(false);
    expect(contentDigest(prompt("a", []))).toBe(contentDigest(prompt("a", [])));
    expect(contentDigest(prompt("a", []))).not.toBe(contentDigest(prompt("b", [])));
  });
});
