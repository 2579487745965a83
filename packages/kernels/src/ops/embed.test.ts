import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { randomRows, uploadWeight } from "../testing/weights.ts";
import { Embed } from "./embed.ts";
import type { WeightType } from "./weight.ts";

const TYPES: readonly WeightType[] = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K"];

describeOnDevices("embed", (getDevice) => {
  it.each(TYPES)("%s rows, scaled, ids past the end clamped", async (type) => {
    const device = getDevice();
    const random = new Random(31);
    const [n, k, scale] = [11, 512, 2.5];
    const rows = randomRows(random, type, n, k);
    const table = uploadWeight(device, { type, n, k }, [rows]);
    const tokens = Uint32Array.of(0, 10, 3, 3, 4_294_967_295, 7, 1);
    const x = poisoned(device, tokens.length * k);
    const args = { tokens: upload(device, tokens), table, x, rows: tokens.length };
    await runOps(
      device,
      (ops) => new Embed(ops, { shape: { type, n, k }, scale }),
      (op, recorder) => op.record(recorder, args),
    );
    const expected = Float64Array.from({ length: tokens.length * k }, (_, i) => {
      const token = Math.min(tokens[Math.floor(i / k)]!, n - 1);
      return rows.values[token * k + (i % k)]! * scale;
    });
    expect(relativeError(await readF32(device, x), expected)).toBeLessThan(1e-6);
  });
});
