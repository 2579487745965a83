import { describe, expect, it } from "vitest";
import { draftOf, emptyDraft, priceOf, pricesOf } from "./price-draft.ts";

const price = {
  target: "tug-small",
  input: 150_000,
  cachedInput: 75_000,
  output: 600_000,
  perHour: 0,
  marginBasisPoints: 1_250,
};

describe("a line of the price form", () => {
  it("comes back as the price that it was made from", () => {
    expect(priceOf(draftOf(price))).toEqual(price);
  });

  it("takes cached input for input, and nothing for nothing", () => {
    expect(priceOf({ ...emptyDraft("1"), target: " * ", input: "0.2" })).toEqual({
      target: "*",
      input: 200_000,
      cachedInput: 200_000,
      output: 0,
      perHour: 0,
      marginBasisPoints: 0,
    });
  });

  it("says what is wrong", () => {
    expect(priceOf(emptyDraft("1"))).toMatch(/^Name a model/);
    expect(priceOf({ ...draftOf(price), input: "-1" })).toMatch(/dollars/);
    expect(priceOf({ ...draftOf(price), margin: "1.234" })).toMatch(/margin/);
    expect(pricesOf([draftOf(price), draftOf(price)])).toBe("tug-small is priced twice.");
  });
});
