import { expect, it } from "vitest";
import { plainFileName, timeLeft, transferRate } from "./transfer-rate.ts";

it("tells a rate once it can, and how long the rest takes", () => {
  expect(transferRate([{ at: 0, sent: 0 }])).toBeUndefined();
  const rate = transferRate([
    { at: 0, sent: 100 },
    { at: 1000, sent: 300 },
    { at: 2000, sent: 500 },
  ]);
  expect(rate).toBe(200);
  expect(timeLeft(1000, rate)).toBe(5000);
  expect(timeLeft(1000, 0)).toBeUndefined();
});

it("names files as the service does", () => {
  expect(plainFileName("C:\\models\\My model (1).GGUF")).toBe("My-model-1-.gguf");
  expect(plainFileName("..")).toBe("model.gguf");
});
