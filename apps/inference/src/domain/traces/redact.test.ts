import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptJson, redactText } from "./redact.ts";

describe("personal data", () => {
  it.each([
    ["Write to ada.lovelace+x@mail.example.co.uk, please.", "Write to [email], please."],
    ["müller@büro.example", "[email]"],
    ["card 4111 1111 1111 1111 exp 12/27", "card [card] exp 12/27"],
    ["4012888888881881", "[card]"],
    ["378282246310005.", "[card]."],
    ["call +49 30 901820 today", "call [phone] today"],
    ["+14155552671", "[phone]"],
    ["(415) 555-2671", "[phone]"],
    ["030/901820-12", "[phone]"],
    ["415-555-2671", "[phone]"],
  ])("is replaced: %s", (text, expected) => expect(redactText(text)).toBe(expected));

  it.each([
    "4111 1111 1111 1112 has a wrong check digit",
    "the year 2026-11-23 and 23.11.2026",
    "version 10.20.30.40, order #1234567890",
    "1234567 items at 3.14159265358979",
    "0190f6a2-7c1e-7b3d-9f00-123456789012",
    "a @ b, user@localhost",
    "pi = 3 1 4",
  ])("is not seen where there is none: %s", (text) => expect(redactText(text)).toBe(text));

  it("goes wherever it stands", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (before, after) => {
        expect(redactText(`${before} grace@navy.example ${after}`)).not.toContain("grace@navy");
      }),
    );
  });
});

describe("what is kept", () => {
  it("stays JSON: numbers are no card numbers, and keys keep their names", () => {
    const kept = JSON.parse(keptJson({ seed: 4111111111111111, messages: [{ content: "I am a@b.example" }] }, true));
    expect(kept).toEqual({ seed: 4111111111111111, messages: [{ content: "I am [email]" }] });
  });

  it("is as it was where nothing is redacted", () => {
    expect(JSON.parse(keptJson({ content: "a@b.example" }, false))).toEqual({ content: "a@b.example" });
  });

  it("holds no files and no endless text", () => {
    const kept = keptJson({ url: `data:image/png;base64,${"A".repeat(50_000)}`, text: "x".repeat(900_000) }, true);
    expect(kept.length).toBeLessThan(25_000);
    expect(kept).toContain("data:image/png,…");
  });
});
