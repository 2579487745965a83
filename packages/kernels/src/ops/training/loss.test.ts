import { expect, it } from "vitest";
import { numericalGradient } from "../../reference/gradient.ts";
import { describeOnDevices } from "../../testing/devices.ts";
import { relativeError } from "../../testing/error.ts";
import { Random } from "../../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../../testing/run.ts";
import { CrossEntropy } from "./cross-entropy.ts";
import {
  AdamW,
  type AdamWStep,
  adamWHyperBytes,
  encodeAdamW,
  PackedAdamW,
  packedMomentBytes,
  SumSquares,
} from "./optimizer.ts";

function logprobs(logits: ArrayLike<number>, columns: number, targets: readonly number[]): number[] {
  return targets.map((target, row) => {
    const values = Array.from({ length: columns }, (_, i) => logits[row * columns + i]!);
    const peak = Math.max(...values);
    const sum = values.reduce((total, value) => total + Math.exp(value - peak), 0);
    return values[target]! - peak - Math.log(sum);
  });
}

describeOnDevices("cross_entropy", (getDevice) => {
  it.each([[[10]], [[7, 3]], [[1, 4, 5]], [[64, 37]]])("columns in chunks of %j", async (chunks) => {
    const device = getDevice();
    const random = new Random(chunks.length);
    const columns = chunks.reduce((sum, chunk) => sum + chunk, 0);
    const targets = [0, columns - 1, 3, 5];
    const rows = targets.length;
    const logits = random.gaussians(rows * columns, 5);
    logits[4] = 300;
    const weights = Float32Array.of(0.5, 0, -1, 2);
    const shared = { targets: upload(device, Uint32Array.from(targets)), state: poisoned(device, rows * 4), rows };
    const logprob = poisoned(device, rows);
    let first = 0;
    const parts = chunks.map((chunk) => {
      const from = first;
      first += chunk;
      const part = Float32Array.from({ length: rows * chunk }, (_, i) => {
        return logits[Math.floor(i / chunk) * columns + from + (i % chunk)]!;
      });
      return { first: from, columns: chunk, logits: upload(device, part) };
    });
    await runOps(
      device,
      (ops) => new CrossEntropy(ops),
      (op, recorder) => {
        parts.forEach((part, i) => {
          op.record(recorder, { ...shared, ...part, logprob, isLast: i === parts.length - 1 });
        });
        for (const part of parts) op.recordBack(recorder, { ...shared, ...part, weights: upload(device, weights) });
      },
    );
    expect(relativeError(await readF32(device, logprob), logprobs(logits, columns, targets))).toBeLessThan(1e-6);
    const loss = (at: Float64Array) =>
      logprobs(at, columns, targets).reduce((sum, value, row) => sum - weights[row]! * value, 0);
    const expected = numericalGradient(loss, logits);
    const found = new Float32Array(rows * columns);
    for (const part of parts) {
      const values = await readF32(device, part.logits);
      values.forEach((value, i) => {
        found[Math.floor(i / part.columns) * columns + part.first + (i % part.columns)] = value;
      });
    }
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
  });
});

/** As PyTorch's documentation of torch.optim.AdamW writes it, in float64. */
function adamW(
  values: Float64Array,
  gradients: readonly Float32Array[],
  options: Omit<AdamWStep, "step">,
  decays: boolean,
) {
  const { learningRate, beta1, beta2, epsilon, weightDecay, factor } = options;
  const [m, v] = [new Float64Array(values.length), new Float64Array(values.length)];
  gradients.forEach((gradient, t) => {
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]! * factor;
      if (decays) values[i]! -= learningRate * weightDecay * values[i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const [mHat, vHat] = [m[i]! / (1 - beta1 ** (t + 1)), v[i]! / (1 - beta2 ** (t + 1))];
      values[i]! -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
    }
  });
  return values;
}

describeOnDevices("optimizer", (getDevice) => {
  it.each([true, false])("adamw for five steps, decay %s; clears gradients", async (decays) => {
    const device = getDevice();
    const random = new Random(11);
    const count = 20_012;
    const start = random.gaussians(count);
    const gradients = Array.from({ length: 5 }, () => random.gaussians(count, 0.1));
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.3, factor: 0.7 };
    const value = upload(device, start);
    const [gradient, first, second] = [0, 1, 2].map(() => upload(device, new Float32Array(count)));
    const hyper = device.createBuffer(adamWHyperBytes, "hyper");
    const args = { hyper, value, gradient: gradient!, first: first!, second: second!, count, decays };
    for (const [i, g] of gradients.entries()) {
      device.write(gradient!, 0, g);
      device.write(hyper, 0, encodeAdamW({ ...options, step: i + 1 }));
      await runOps(
        device,
        (ops) => new AdamW(ops),
        (op, recorder) => op.record(recorder, args),
      );
    }
    const expected = adamW(Float64Array.from(start), gradients, options, decays);
    expect(relativeError(await readF32(device, value), expected)).toBeLessThan(1e-6);
    expect((await readF32(device, gradient!)).every((g) => g === 0)).toBe(true);
  });

  it.each([true, false])(
    "packed moments, decay %s: the first step is exact, later ones are on average",
    async (decays) => {
      const device = getDevice();
      const random = new Random(12);
      // The last block has one vec4, and one value never has a gradient.
      const count = 20 * 256 + 4;
      const steps = 20;
      const start = random.gaussians(count);
      const mean = random.gaussians(count);
      const gradients = Array.from({ length: steps }, () => {
        return random.gaussians(count, 0.5).map((noise, i) => (i === 7 ? 0 : 0.01 * (mean[i]! + noise)));
      });
      const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.3, factor: 0.7 };
      const run = async () => {
        const value = upload(device, start);
        const gradient = device.createBuffer(count * 4, "gradient");
        const moments = device.createBuffer(packedMomentBytes(count), "moments");
        const hyper = device.createBuffer(adamWHyperBytes, "hyper");
        const after: Float32Array[] = [];
        for (const [i, g] of gradients.entries()) {
          device.write(gradient, 0, g);
          device.write(hyper, 0, encodeAdamW({ ...options, step: i + 1 }));
          await runOps(
            device,
            (ops) => new PackedAdamW(ops),
            (op, recorder) => op.record(recorder, { hyper, value, gradient, moments, count, decays }),
          );
          after.push(await readF32(device, value));
        }
        expect((await readF32(device, gradient)).every((g) => g === 0)).toBe(true);
        return { after, moments: new Uint8Array(await device.read(moments)) };
      };
      const { after, moments } = await run();
      const exact = (taken: number) => adamW(Float64Array.from(start), gradients.slice(0, taken), options, decays);
      expect(relativeError(after[0]!, exact(1))).toBeLessThan(1e-6);
      // What the steps did, beside what exact moments would have done.
      const moved = (values: ArrayLike<number>) => Float64Array.from(values, (value, i) => value - start[i]!);
      expect(relativeError(moved(after.at(-1)!), moved(exact(steps)))).toBeLessThan(0.3);
      expect(after.at(-1)![7]).toBeCloseTo(start[7]! * (decays ? (1 - 0.01 * 0.3) ** steps : 1), 5);
      expect((await run()).moments).toEqual(moments);
    },
  );

  it("sums of squares", async () => {
    const device = getDevice();
    const count = 40_004;
    const x = new Random(2).gaussians(count);
    const out = poisoned(device, 8);
    let parts = 0;
    await runOps(
      device,
      (ops) => new SumSquares(ops),
      (op, recorder) => {
        parts = op.parts(count);
        op.record(recorder, { x: upload(device, x), out, first: 2, count });
      },
    );
    const found = (await readF32(device, out)).subarray(2, 2 + parts).reduce((sum, part) => sum + part, 0);
    const expected = x.reduce((sum, value) => sum + value * value, 0);
    expect(found / expected).toBeCloseTo(1, 5);
  });
});
