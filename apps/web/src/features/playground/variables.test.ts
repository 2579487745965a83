import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fill, missingIn, variablesIn } from "./variables.ts";

describe("variables", () => {
  it("are found once, in order, in several texts", () => {
    expect(variablesIn(["{{b}} {{ a }} {{b}}", "{{größe}} {{a.b-c_1}}"])).toEqual(["b", "a", "größe", "a.b-c_1"]);
    expect(variablesIn(["{{}} {{1a}} {a} {{a b}} {{{{"])).toEqual([]);
  });

  it("are filled in once: a value is not looked into", () => {
    expect(fill("{{a}}-{{ b }}", { a: "{{b}}", b: "$&" })).toBe("{{b}}-$&");
    expect(fill("{{a}} {{toString}}", {})).toBe("{{a}} {{toString}}");
  });

  it("are missing while they are empty", () => {
    expect(missingIn(["{{a}} {{b}} {{constructor}}"], { a: "1", b: "" })).toEqual(["b", "constructor"]);
  });

  it("leave a text without them as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("{{")),
        fc.dictionary(fc.string(), fc.string()),
        (text, values) => {
          expect(fill(text, values)).toBe(text);
        },
      ),
    );
  });
});
