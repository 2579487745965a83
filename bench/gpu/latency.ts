import type { Device } from "@tugboat/kernels";
import type { Timer } from "./timer.ts";

const TINY = `
@group(0) @binding(0) var<storage, read_write> x: array<u32>;

@compute @workgroup_size(1)
fn main() {
  x[0] = x[0] + 1u;
}`;

const DISPATCHES = 200;
const READS = 20;

/** What bounds a small model: seconds of one more dispatch that depends on the last, and of a submission read back. */
export async function measureLatency(device: Device, timer: Timer): Promise<{ dispatch: number; readBack: number }> {
  const [pipeline] = await device.createPipelines([{ name: "tiny", code: TINY }]);
  if (pipeline === undefined) throw new Error("the tiny kernel was not compiled");
  const buffer = device.createBuffer(16, "tiny");
  const chain = device.record("chain", (recorder) => {
    for (let i = 0; i < DISPATCHES; i++) recorder.dispatch(pipeline, [buffer], [1]);
  });
  const single = device.record("single", (recorder) => recorder.dispatch(pipeline, [buffer], [1]));
  const dispatch = (await timer.seconds(device, chain, 5)) / DISPATCHES;
  const start = performance.now();
  for (let i = 0; i < READS; i++) {
    device.run(single);
    await device.read(buffer, 0, 4);
  }
  const readBack = (performance.now() - start) / 1000 / READS;
  for (const owned of [chain, single, buffer]) owned.destroy();
  return { dispatch, readBack };
}
