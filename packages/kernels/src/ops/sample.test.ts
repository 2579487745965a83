import { expect, it } from "vitest";
import type { Device } from "../device.ts";
import { logSumExp, processLogits, samplingDistribution } from "../reference/sample.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, readU32, runOps, upload } from "../testing/run.ts";
import { Sample } from "./sample.ts";
import { encodeEdits, encodeSampleParams, type LogitEdit, type SampleParams } from "./sample-params.ts";

interface Row {
  readonly logits: Float32Array;
  readonly params: SampleParams;
  readonly edits?: readonly LogitEdit[];
  readonly allowed?: readonly number[];
}

async function sample(
  device: Device,
  vocabulary: number,
  rows: readonly Row[],
  stride = Math.ceil(vocabulary / 4) * 4,
) {
  const maxEdits = Math.max(...rows.map(({ edits = [] }) => edits.length));
  const maskWords = Math.ceil(vocabulary / 32);
  // What lies past the vocabulary would win if it were looked at.
  const logits = new Float32Array(rows.length * stride).fill(1e9);
  const mask = new Uint32Array(rows.length * maskWords);
  const edits = new Uint32Array(rows.length * maxEdits * 4);
  rows.forEach((row, i) => {
    logits.set(row.logits, i * stride);
    encodeEdits(row.edits ?? [], edits, i * maxEdits);
    for (const token of row.allowed ?? []) mask[i * maskWords + (token >> 5)]! |= 1 << (token & 31);
  });
  const params = rows.map(({ params, edits, allowed }) => {
    return { ...params, edits: edits?.length, useMask: allowed !== undefined };
  });
  const masked = rows.some(({ allowed }) => allowed !== undefined);
  const [tokens, logprobs] = [poisoned(device, rows.length), poisoned(device, rows.length)];
  await runOps(
    device,
    (ops) => new Sample(ops, { vocabulary, stride, maxEdits, masked }),
    (op, recorder) =>
      op.record(recorder, {
        logits: upload(device, logits),
        params: upload(device, encodeSampleParams(params)),
        edits: maxEdits > 0 ? upload(device, edits) : undefined,
        mask: masked ? upload(device, mask) : undefined,
        work: poisoned(device, rows.length * stride),
        chunks: poisoned(device, (rows.length * stride) / 4),
        tokens,
        logprobs,
        rows: rows.length,
      }),
  );
  return { tokens: await readU32(device, tokens), logprobs: await readF32(device, logprobs) };
}

/** Σ (seen − expected)² / expected over tokens expected 5 times or more, the others taken together. */
function chiSquare(seen: Uint32Array, distribution: Float64Array): { statistic: number; freedom: number } {
  const counts = new Float64Array(distribution.length);
  for (const token of seen) counts[token]! += 1;
  let [statistic, cells, restSeen, rest] = [0, 0, 0, 0];
  distribution.forEach((p, token) => {
    const expected = p * seen.length;
    if (expected < 5) {
      restSeen += counts[token]!;
      rest += expected;
      return;
    }
    statistic += (counts[token]! - expected) ** 2 / expected;
    cells++;
  });
  if (rest > 0.5) {
    statistic += (restSeen - rest) ** 2 / rest;
    cells++;
  } else {
    expect(restSeen).toBeLessThan(10);
  }
  return { statistic, freedom: cells - 1 };
}

/** The 99.99 % point of chi-square (Wilson and Hilferty 1931). */
function chiSquareLimit(freedom: number): number {
  const t = 2 / (9 * freedom);
  return freedom * (1 - t + 3.719 * Math.sqrt(t)) ** 3;
}

const settings: readonly (readonly [name: string, params: SampleParams])[] = [
  ["temperature 1", {}],
  ["temperature 0.6", { temperature: 0.6 }],
  ["temperature 3", { temperature: 3 }],
  ["top-k 5", { topK: 5 }],
  ["top-k 1", { topK: 1, temperature: 2 }],
  ["top-p 0.7", { topP: 0.7 }],
  ["min-p 0.1", { minP: 0.1 }],
  ["top-k 20, top-p 0.8, min-p 0.02, temperature 1.5", { topK: 20, topP: 0.8, minP: 0.02, temperature: 1.5 }],
  ["top-p 0", { topP: 0 }],
];

describeOnDevices("sample", (getDevice) => {
  it.each(settings)("draws from the exact distribution: %s", async (_, params) => {
    const device = getDevice();
    const vocabulary = 101;
    const logits = new Random(17).gaussians(vocabulary, 2);
    const distribution = samplingDistribution(logits, params);
    // A software GPU needs milliseconds for what the CPU device does in microseconds.
    const draws = device.info.kind === "cpu" ? 20_000 : 500;
    const rows = Array.from({ length: draws }, (_, step) => ({ logits, params: { ...params, seed: 99, step } }));
    const { tokens } = await sample(device, vocabulary, rows);
    for (const token of tokens) expect(distribution[token]).toBeGreaterThan(0);
    const { statistic, freedom } = chiSquare(tokens, distribution);
    if (freedom > 0) expect(statistic).toBeLessThan(chiSquareLimit(freedom));
    else expect(new Set(tokens).size).toBe(1);
  });

  it("keeps exactly the tokens above the thresholds in a larger vocabulary", async () => {
    const device = getDevice();
    const vocabulary = 3001;
    const random = new Random(23);
    // Few steps apart in rank, far apart in weight: each kept token is drawn sooner or later, no other ever.
    const order = Array.from({ length: vocabulary }, (_, i) => i).sort(() => random.uniform() - 0.5);
    const logits = new Float32Array(vocabulary);
    order.forEach((token, rank) => {
      logits[token] = rank < 12 ? -rank * 0.05 : -1 - rank * 0.003;
    });
    for (const [params, kept] of [
      [{ topK: 7 }, 7],
      [{ minP: Math.exp(-0.275) }, 6],
      [{ topK: 10, topP: 0.35 }, undefined],
      [{ topK: 4, temperature: 0.5 }, 4],
    ] as const) {
      const distribution = samplingDistribution(logits, params);
      const rows = Array.from({ length: 150 }, (_, step) => ({ logits, params: { ...params, seed: 5, step } }));
      const { tokens } = await sample(device, vocabulary, rows);
      const likely = order.filter((token) => distribution[token]! > 0.05);
      expect(order.filter((token) => distribution[token]! > 0).length).toBe(kept ?? likely.length);
      expect(new Set(tokens)).toEqual(new Set(likely));
    }
  });

  it("takes the likeliest at temperature 0, of equals the lowest id", async () => {
    const device = getDevice();
    const vocabulary = 515;
    const random = new Random(3);
    const rows = Array.from({ length: 12 }, () => {
      const logits = random.gaussians(vocabulary, 5);
      const peak = 40;
      for (let i = 0; i < 4; i++) logits[random.integer(0, vocabulary - 1)] = peak;
      return { logits, params: { temperature: 0, seed: random.integer(0, 1e9) } };
    });
    const { tokens } = await sample(device, vocabulary, rows, 520);
    expect([...tokens]).toEqual(rows.map(({ logits }) => logits.indexOf(40)));
  });

  it("applies penalties, then biases, then the mask", async () => {
    const device = getDevice();
    const vocabulary = 77;
    const random = new Random(29);
    const rows = Array.from({ length: 40 }, () => {
      const logits = random.gaussians(vocabulary, 2);
      const touched = Array.from({ length: vocabulary }, (_, token) => token).sort(() => random.uniform() - 0.5);
      const edits = touched.slice(0, 40).map((token, i) => {
        return { token, count: i % 4, bias: i % 3 === 0 ? random.gaussian() * 3 : 0 };
      });
      const allowed = touched.slice(random.integer(0, 30), 60);
      const penalties = { repetitionPenalty: 1.6, frequencyPenalty: 0.4, presencePenalty: -0.3 };
      return { logits, params: { temperature: 0, ...penalties }, edits, allowed };
    });
    const { tokens } = await sample(device, vocabulary, rows);
    const expected = rows.map(({ logits, params, edits, allowed }) => {
      const processed = processLogits(logits, params, edits, (token) => allowed.includes(token));
      return processed.indexOf(processed.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
    });
    expect([...tokens]).toEqual(expected);
  });

  it("never draws what the mask forbids, biased or not", async () => {
    const device = getDevice();
    const vocabulary = 40;
    const allowed = [3, 17, 39];
    const rows = Array.from({ length: 200 }, (_, step) => ({
      logits: new Random(step).gaussians(vocabulary),
      params: { temperature: 5, seed: 1, step },
      edits: [{ token: 4, count: 0, bias: 100 }],
      allowed,
    }));
    const { tokens } = await sample(device, vocabulary, rows);
    expect(new Set(tokens)).toEqual(new Set(allowed));
  });

  it("draws the same for a seed and step, whatever else is in the batch, and differently for others", async () => {
    const device = getDevice();
    const vocabulary = 200;
    const logits = new Random(41).gaussians(vocabulary);
    const row = (seed: number, step: number, temperature = 1) => ({ logits, params: { seed, step, temperature } });
    const alone = await sample(
      device,
      vocabulary,
      Array.from({ length: 30 }, (_, step) => row(7, step)),
    );
    const among = await sample(
      device,
      vocabulary,
      Array.from({ length: 30 }, (_, step) => [row(8, step), row(7, step), row(0, 0, 0)]).flat(),
    );
    expect([...alone.tokens]).toEqual([...among.tokens].filter((_, i) => i % 3 === 1));
    expect([...alone.tokens]).not.toEqual([...among.tokens].filter((_, i) => i % 3 === 0));
    const high = await sample(
      device,
      vocabulary,
      Array.from({ length: 30 }, (_, step) => row(7 + 2 ** 32, step)),
    );
    expect([...high.tokens]).not.toEqual([...alone.tokens]);
  });

  it("gives the log-probability under the unchanged logits to rows that ask", async () => {
    const device = getDevice();
    const vocabulary = 333;
    const rows = Array.from({ length: 9 }, (_, step) => ({
      logits: new Random(step).gaussians(vocabulary, 4),
      params: { temperature: step % 3 === 0 ? 0 : 1.5, seed: 4, step, topP: 0.9, wantLogprob: step !== 4 },
      edits: [{ token: step, count: 3, bias: 8 }],
    }));
    const { tokens, logprobs } = await sample(device, vocabulary, rows);
    rows.forEach(({ logits }, i) => {
      const expected = i === 4 ? 0 : logits[tokens[i]!]! - logSumExp(logits);
      expect(logprobs[i]).toBeCloseTo(expected, 4);
    });
  });

  it("answers a token of the vocabulary even for broken logits", async () => {
    const device = getDevice();
    const vocabulary = 50;
    const broken = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].flatMap((value) => [
      { logits: new Float32Array(vocabulary).fill(value), params: { temperature: 0 } },
      { logits: new Float32Array(vocabulary).fill(value), params: { topP: 0.5, topK: 3 } },
    ]);
    const { tokens } = await sample(device, vocabulary, broken);
    for (const token of tokens) expect(token).toBeLessThan(vocabulary);
  });
});
