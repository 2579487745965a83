import { expect, it } from "vitest";
import { inner, numericalGradient } from "../../reference/gradient.ts";
import { rmsNorm } from "../../reference/norm.ts";
import { describeOnDevices } from "../../testing/devices.ts";
import { relativeError } from "../../testing/error.ts";
import { Random } from "../../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../../testing/run.ts";
import { ColumnSums, columnSumsScratch } from "./column-sums.ts";
import { Add, GluBack } from "./elementwise.ts";
import { EmbedBack } from "./embed-back.ts";
import { RmsNormBack } from "./rms-norm-back.ts";
import { RopeTurn } from "./rope.ts";

const epsilon = 1e-5;

describeOnDevices("gradients of layers", (getDevice) => {
  it.each([
    [1, 4, false],
    [3, 20, true],
    [150, 12, true],
  ])("rms_norm_back: %i rows of %i, residual %s", async (rows, dim, hasResidual) => {
    const device = getDevice();
    const random = new Random(rows * dim);
    const [x, dy, more] = [random.gaussians(rows * dim, 2), random.gaussians(rows * dim), random.gaussians(rows * dim)];
    const [weight, before] = [random.gaussians(dim), random.gaussians(dim)];
    const dx = poisoned(device, rows * dim);
    const inverse = poisoned(device, rows);
    const gradient = upload(device, before);
    const buffers = { x: upload(device, x), dy: upload(device, dy), inverse };
    await runOps(
      device,
      (ops) => ({
        norm: new RmsNormBack(ops, { dim, epsilon, residual: hasResidual }),
        sums: new ColumnSums(ops, { dim, weighted: true }),
      }),
      ({ norm, sums }, recorder) => {
        const residual = hasResidual ? upload(device, more) : undefined;
        norm.record(recorder, { ...buffers, residual, dx, weight: upload(device, weight), rows });
        const scratch = poisoned(device, columnSumsScratch(rows, dim) / 4);
        sums.record(recorder, { ...buffers, y: buffers.dy, scratch, out: gradient, rows });
      },
    );
    const byX = numericalGradient((at) => inner(rmsNorm(at, weight, epsilon), dy), x);
    const byWeight = numericalGradient((at) => inner(rmsNorm(x, at, epsilon), dy), weight);
    const expected = hasResidual ? byX.map((value, i) => value + more[i]!) : byX;
    expect(relativeError(await readF32(device, dx), expected)).toBeLessThan(1e-5);
    const sum = byWeight.map((value, i) => value + before[i]!);
    expect(relativeError(await readF32(device, gradient), sum)).toBeLessThan(1e-5);
  });

  it("column_sums: a bias", async () => {
    const device = getDevice();
    const [rows, dim] = [300, 68];
    const dy = new Random(1).gaussians(rows * dim);
    const out = upload(device, new Float32Array(dim));
    await runOps(
      device,
      (ops) => new ColumnSums(ops, { dim, weighted: false }),
      (op, recorder) => {
        const scratch = poisoned(device, columnSumsScratch(rows, dim) / 4);
        op.record(recorder, { y: upload(device, dy), scratch, out, rows });
      },
    );
    const expected = new Float64Array(dim);
    dy.forEach((value, i) => {
      expected[i % dim]! += value;
    });
    expect(relativeError(await readF32(device, out), expected)).toBeLessThan(1e-6);
  });

  it.each(["silu", "gelu"] as const)("glu_back: %s", async (activation) => {
    const device = getDevice();
    const random = new Random(3);
    const count = 1236;
    const [gate, up, dy] = [random.gaussians(count, 4), random.gaussians(count), random.gaussians(count)];
    gate.set([0, 30, -30, 100, -100]);
    const [dgate, dup] = [poisoned(device, count), poisoned(device, count)];
    const inputs = { gate: upload(device, gate), up: upload(device, up), dy: upload(device, dy) };
    await runOps(
      device,
      (ops) => new GluBack(ops, { activation }),
      (op, recorder) => op.record(recorder, { ...inputs, dgate, dup, count }),
    );
    const silu = (x: number) => x / (1 + Math.exp(-x));
    const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    const f = activation === "silu" ? silu : gelu;
    const slope = (x: number) => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;
    expect(
      relativeError(
        await readF32(device, dgate),
        Float64Array.from(gate, (g, i) => dy[i]! * up[i]! * slope(g)),
      ),
    ).toBeLessThan(1e-5);
    expect(
      relativeError(
        await readF32(device, dup),
        Float64Array.from(gate, (g, i) => dy[i]! * f(g)),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([
    ["halves", 8, 8],
    ["interleaved", 8, 8],
    ["halves", 12, 6],
  ] as const)("rope: %s, heads of %i, %i of them turned; and back", async (style, headDim, dimensions) => {
    const device = getDevice();
    const random = new Random(9);
    const [rows, heads, positions] = [5, 3, 7];
    const x = random.gaussians(rows * heads * headDim);
    const at = Uint32Array.from([0, 3, 6, 2, 1]);
    const angles = Array.from({ length: (positions * dimensions) / 2 }, () => random.uniform() * 6);
    const table = Float32Array.from(angles.flatMap((angle) => [1.5 * Math.cos(angle), 1.5 * Math.sin(angle)]));
    const shape = { heads, headDim, dimensions, style, positions };
    const forward = upload(device, x);
    const back = upload(device, x);
    await runOps(
      device,
      (ops) => [false, true].map((isBack) => new RopeTurn(ops, { ...shape, back: isBack })),
      (op, recorder) => {
        const args = { at: upload(device, at), table: upload(device, table), rows };
        op[0]!.record(recorder, { ...args, x: forward });
        op[1]!.record(recorder, { ...args, x: back });
      },
    );
    const pairs = dimensions / 2;
    const turned = (from: ArrayLike<number>) => {
      const out = Float64Array.from(from);
      for (let row = 0; row < rows; row++) {
        for (let head = 0; head < heads; head++) {
          for (let pair = 0; pair < pairs; pair++) {
            const start = (row * heads + head) * headDim;
            const [i, j] =
              style === "halves" ? [start + pair, start + pair + pairs] : [start + 2 * pair, start + 2 * pair + 1];
            const [cosine, sine] = [table[(at[row]! * pairs + pair) * 2]!, table[(at[row]! * pairs + pair) * 2 + 1]!];
            out[i] = from[i]! * cosine - from[j]! * sine;
            out[j] = from[j]! * cosine + from[i]! * sine;
          }
        }
      }
      return out;
    };
    expect(relativeError(await readF32(device, forward), turned(x))).toBeLessThan(1e-6);
    const expected = numericalGradient((from) => inner(turned(from), x), random.gaussians(x.length));
    expect(relativeError(await readF32(device, back), expected)).toBeLessThan(1e-6);
  });

  it("add and embed_back", async () => {
    const device = getDevice();
    const random = new Random(4);
    const [n, k, rows] = [10, 8, 6];
    const tokens = [3, 9, 3, 0, 9, 3];
    const [a, b, before] = [random.gaussians(rows * k), random.gaussians(rows * k), random.gaussians(12 * k)];
    const dx = poisoned(device, rows * k);
    const gradient = upload(device, before);
    const lists = [[3], [0, 3, 9, 0, 0, 0], [0, 1, 4, 6, 0, 0, 0], [3, 0, 2, 5, 1, 4]];
    const [count, distinct, starts, order] = lists.map((list) => upload(device, Uint32Array.from(list)));
    await runOps(
      device,
      (ops) => ({ add: new Add(ops), embed: new EmbedBack(ops, { n, k, rows, scale: 3 }) }),
      ({ add, embed }, recorder) => {
        add.record(recorder, { a: upload(device, a), b: upload(device, b), out: dx, count: rows * k });
        const args = { count: count!, tokens: distinct!, starts: starts!, order: order!, dx, gradient };
        embed.record(recorder, args, rows);
      },
    );
    const expected = Float64Array.from(before);
    tokens.forEach((token, row) => {
      for (let i = 0; i < k; i++) {
        expected[(Math.floor(token / 4) * k + i) * 4 + (token % 4)]! += 3 * (a[row * k + i]! + b[row * k + i]!);
      }
    });
    expect(relativeError(await readF32(device, gradient), expected)).toBeLessThan(1e-6);
  });
});
