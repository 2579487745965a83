import { expect, it } from "vitest";
import { attentionPack, attentionPackGradients } from "../../reference/attention-pack.ts";
import { inner, numericalGradient } from "../../reference/gradient.ts";
import { describeOnDevices } from "../../testing/devices.ts";
import { relativeError } from "../../testing/error.ts";
import { Random } from "../../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../../testing/run.ts";
import { AttentionPack } from "./attention-pack.ts";

/** Texts of these lengths, one after another: the first row of each row's text, and the row after its last. */
function segmentsOf(lengths: readonly number[]): { starts: number[]; words: Uint32Array<ArrayBuffer> } {
  const starts: number[] = [];
  const words: number[] = [];
  for (const length of lengths) {
    const start = starts.length;
    for (let i = 0; i < length; i++) {
      starts.push(start);
      words.push(start, start + length);
    }
  }
  return { starts, words: Uint32Array.from(words) };
}

const cases = [
  { lengths: [5, 1, 9, 3], heads: 4, kvHeads: 2, headDim: 8 },
  { lengths: [40, 1, 7], heads: 2, kvHeads: 1, headDim: 12, window: 21 },
] as const;

describeOnDevices("attention_pack", (getDevice) => {
  it.each(cases)("texts of $lengths, $heads heads on $kvHeads of $headDim", async ({ lengths, ...shape }) => {
    const device = getDevice();
    const { heads, kvHeads, headDim } = shape;
    const { starts, words } = segmentsOf(lengths);
    const rows = starts.length;
    const random = new Random(rows);
    const [wide, narrow] = [rows * heads * headDim, rows * kvHeads * headDim];
    const [q, k, v, dout] = [wide, narrow, narrow, wide].map((count) => random.gaussians(count));
    const options = { ...shape, scale: 0.4 };
    const outputs = { out: wide, lse: rows * heads, stats: rows * heads * 2, dq: wide, dk: narrow, dv: narrow };
    const [out, lse, stats, dq, dk, dv] = Object.values(outputs).map((count) => poisoned(device, count));
    const args = {
      q: upload(device, q!),
      k: upload(device, k!),
      v: upload(device, v!),
      segments: upload(device, words),
      hidden: upload(device, new Uint32Array(rows * 2)),
      out: out!,
      lse: lse!,
      rows,
    };
    await runOps(
      device,
      (ops) => new AttentionPack(ops, options),
      (op, recorder) => {
        op.record(recorder, args);
        op.recordBack(recorder, {
          ...args,
          dout: upload(device, dout!),
          stats: stats!,
          dq: dq!,
          dk: dk!,
          dv: dv!,
        });
      },
    );
    const reference = { ...options, starts };
    expect(relativeError(await readF32(device, out!), attentionPack(reference, q!, k!, v!))).toBeLessThan(1e-5);
    const expected = attentionPackGradients(reference, q!, k!, v!, dout!);
    expect(relativeError(await readF32(device, dq!), expected.dq)).toBeLessThan(1e-5);
    expect(relativeError(await readF32(device, dk!), expected.dk)).toBeLessThan(1e-5);
    expect(relativeError(await readF32(device, dv!), expected.dv)).toBeLessThan(1e-5);
  });
});

describeOnDevices("attention_pack with branches", (getDevice) => {
  it("a row sees the common beginning and its own branch", async () => {
    const device = getDevice();
    // Two texts: 7 common rows, then branches of 3, 2 and 30 rows; and a text without any.
    const { starts, words } = segmentsOf([42, 5]);
    const hidden = starts.map((_, row): [number, number] =>
      row >= 10 && row < 12 ? [7, 10] : row >= 12 && row < 42 ? [7, 12] : [0, 0],
    );
    const rows = starts.length;
    const [heads, kvHeads, headDim] = [2, 1, 8];
    const random = new Random(3);
    const [q, k, v] = [heads, kvHeads, kvHeads].map((count) => random.gaussians(rows * count * headDim));
    const options = { heads, kvHeads, headDim, scale: 0.4 };
    const out = poisoned(device, rows * heads * headDim);
    await runOps(
      device,
      (ops) => new AttentionPack(ops, options),
      (op, recorder) =>
        op.record(recorder, {
          q: upload(device, q!),
          k: upload(device, k!),
          v: upload(device, v!),
          segments: upload(device, words),
          hidden: upload(device, Uint32Array.from(hidden.flat())),
          out,
          lse: poisoned(device, rows * heads),
          rows,
        }),
    );
    const expected = attentionPack({ ...options, starts, hidden }, q!, k!, v!);
    expect(relativeError(await readF32(device, out), expected)).toBeLessThan(1e-5);
  });
});

it("the reference's gradients are those of the reference", () => {
  const random = new Random(6);
  const shape = { heads: 2, kvHeads: 1, headDim: 4, scale: 0.7, window: 3, starts: segmentsOf([4, 2]).starts };
  const [q, k, v, dout] = [48, 24, 24, 48].map((count) => random.gaussians(count));
  const { dq, dk, dv } = attentionPackGradients(shape, q!, k!, v!, dout!);
  const by = (f: (x: Float64Array) => Float64Array, at: ArrayLike<number>) =>
    numericalGradient((x) => inner(f(x), dout!), at);
  expect(
    relativeError(
      dq,
      by((x) => attentionPack(shape, x, k!, v!), q!),
    ),
  ).toBeLessThan(1e-8);
  expect(
    relativeError(
      dk,
      by((x) => attentionPack(shape, q!, x, v!), k!),
    ),
  ).toBeLessThan(1e-8);
  expect(
    relativeError(
      dv,
      by((x) => attentionPack(shape, q!, k!, x), v!),
    ),
  ).toBeLessThan(1e-8);
});
