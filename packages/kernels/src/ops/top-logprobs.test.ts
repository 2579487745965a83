import { expect, it } from "vitest";
import { logSumExp } from "../reference/sample.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, readU32, runOps, upload } from "../testing/run.ts";
import { TopLogprobs } from "./top-logprobs.ts";

describeOnDevices("top_logprobs", (getDevice) => {
  it.each([
    [1, 5, 5],
    [3, 1030, 20],
    [2, 77, 1],
  ])("%i rows of %i, top %i, equals by id", async (rows, vocabulary, n) => {
    const device = getDevice();
    const stride = Math.ceil(vocabulary / 4) * 4 + 4;
    const random = new Random(vocabulary);
    // Coarse values, so that many are equal; what lies past the vocabulary would win.
    const logits = new Float32Array(rows * stride).fill(1e9);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < vocabulary; i++) logits[row * stride + i] = Math.round(random.gaussian() * 8) / 2;
    }
    const [ids, logprobs] = [poisoned(device, rows * n), poisoned(device, rows * n)];
    const normalisers = poisoned(device, rows);
    await runOps(
      device,
      (ops) => new TopLogprobs(ops, { vocabulary, stride, n }),
      (op, recorder) => op.record(recorder, { logits: upload(device, logits), ids, logprobs, normalisers, rows }),
    );
    const expected = Array.from({ length: rows }, (_, row) => {
      const own = logits.subarray(row * stride, row * stride + vocabulary);
      const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
      const normaliser = logSumExp(own);
      return { ids: order.slice(0, n), logprobs: order.slice(0, n).map((id) => own[id]! - normaliser), normaliser };
    });
    expect([...(await readU32(device, ids))]).toEqual(expected.flatMap((row) => row.ids));
    expect(
      relativeError(
        await readF32(device, logprobs),
        expected.flatMap((row) => row.logprobs),
      ),
    ).toBeLessThan(1e-6);
    const sums = expected.map((row) => row.normaliser);
    expect(relativeError(await readF32(device, normalisers), sums)).toBeLessThan(1e-6);
  });
});
