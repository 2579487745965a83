import { describe, expect, it } from "vitest";
import { EngineError } from "../errors.ts";
import { greedySampling, parseGenerationOptions } from "./request.ts";
import { TokenEdits } from "./token-edits.ts";

const limits = { vocabularySize: 100, maxSequences: 4 };

function refusal(options: unknown): EngineError {
  try {
    parseGenerationOptions(options, limits);
  } catch (error) {
    if (error instanceof EngineError) return error;
  }
  throw new Error("it was accepted");
}

describe("parseGenerationOptions", () => {
  it("changes nothing by default, and takes a seed of its own", () => {
    const { seed, ...rest } = parseGenerationOptions({}, limits);
    expect(rest).toEqual({
      sampling: { ...greedySampling, temperature: 1 },
      maxTokens: undefined,
      stop: [],
      logprobs: undefined,
      n: 1,
      ignoreEos: false,
    });
    expect(seed).not.toBe(parseGenerationOptions({}, limits).seed);
  });

  it("folds any whole seed into 32 bits", () => {
    expect(parseGenerationOptions({ seed: -1 }, limits).seed).toBe(0xffff_ffff);
    expect(parseGenerationOptions({ seed: 5 }, limits).seed).toBe(5);
  });

  it.each([
    ["temperature", { temperature: Number.NaN }],
    ["temperature", { temperature: "hot" }],
    ["maxTokens", { maxTokens: 0 }],
    ["maxTokens", { maxTokens: 1.5 }],
    ["repetitionPenalty", { repetitionPenalty: 0 }],
    ["stop.0", { stop: ["x".repeat(1001)] }],
    ["stop", { stop: Array.from({ length: 65 }, () => "a") }],
    ["n", { n: 5 }],
    ["logitBias", { logitBias: { 100: 1 } }],
    ["logitBias.5", { logitBias: { 5: 101 } }],
    ["seed", { seed: 0.5 }],
  ])("names %s when it is wrong", (field, options) => {
    const { code, message } = refusal(options);
    expect(code).toBe("bad-request");
    expect(message.startsWith(`${field}:`)).toBe(true);
  });
});

describe("TokenEdits", () => {
  const words = new Uint32Array(40);
  const floats = new Float32Array(words.buffer);
  const written = (edits: TokenEdits, limit = 10) => {
    const count = edits.write(words, floats, 0, limit);
    return Array.from({ length: count }, (_, i) => [words[4 * i], words[4 * i + 1], floats[4 * i + 2]]);
  };

  it("edits nothing without penalties and biases", () => {
    const edits = new TokenEdits(greedySampling, Int32Array.of(1, 2, 3));
    edits.add(4);
    expect(edits.size).toBe(0);
  });

  it("counts the prompt for repetition, the answer alone for frequency and presence", () => {
    const sampling = { ...greedySampling, repetitionPenalty: 1.5, frequencyPenalty: 0.25, presencePenalty: 0.5 };
    const edits = new TokenEdits(sampling, Int32Array.of(7, 7));
    edits.add(9);
    edits.add(9);
    expect(written(edits)).toEqual([
      [7, 1, 0],
      [9, 1, -1],
    ]);
  });

  it("adds biases, and cuts at the limit", () => {
    const sampling = {
      ...greedySampling,
      presencePenalty: 1,
      logitBias: new Map([
        [3, 2],
        [4, -100],
      ]),
    };
    const edits = new TokenEdits(sampling, new Int32Array());
    edits.add(3);
    expect(written(edits)).toEqual([
      [3, 1, 1],
      [4, 0, -100],
    ]);
    expect(written(edits, 1)).toHaveLength(1);
  });
});
