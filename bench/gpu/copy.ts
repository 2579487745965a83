import type { Device } from "@tugboat/kernels";
import type { Timer } from "./timer.ts";

const LANES = 256;
/** Workgroups in x; the rest goes to y, of which any device allows as many. */
const GROUPS_X = 32768;
const ELEMENT_BYTES = 16;

const COPY = `
@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4<u32>>;

@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.y * ${GROUPS_X * LANES}u + id.x;
  if (i < arrayLength(&copied)) {
    copied[i] = source[i];
  }
}`;

export interface CopyResult {
  /** Read + written bytes a second. */
  readonly bytesPerSecond: number;
  /** The size that was best: bytes of one of the two buffers. */
  readonly bytes: number;
}

/**
 * The best that a plain copy kernel reaches over buffers of these sizes (bytes). They should be larger than the caches.
 * @throws Error when the copy is not equal to what was copied
 */
export async function measureCopy(
  device: Device,
  timer: Timer,
  { sizes, repeats, runs }: { sizes: readonly number[]; repeats: number; runs: number },
): Promise<CopyResult> {
  const [pipeline] = await device.createPipelines([{ name: "copy", code: COPY }]);
  if (pipeline === undefined) throw new Error("the copy kernel was not compiled");
  let best: CopyResult = { bytesPerSecond: 0, bytes: 0 };
  for (const bytes of sizes.filter((size) => size <= device.info.maxBufferSize)) {
    const [from, to] = [device.createBuffer(bytes, "copy source"), device.createBuffer(bytes, "copy destination")];
    const groups = Math.ceil(bytes / ELEMENT_BYTES / LANES);
    const recording = device.record("copy", (recorder) => {
      const shape = [Math.min(groups, GROUPS_X), Math.ceil(groups / GROUPS_X)] as const;
      for (let i = 0; i < repeats; i++) recorder.dispatch(pipeline, [from, to], shape);
    });
    try {
      const probe = Uint32Array.from({ length: 256 }, (_, i) => i * 0x9e3779b1);
      device.write(from, bytes - probe.byteLength, probe);
      const seconds = (await timer.seconds(device, recording, runs)) / repeats;
      const copied = new Uint32Array(await device.read(to, bytes - probe.byteLength));
      if (copied.some((word, i) => word !== probe[i])) throw new Error("the copy kernel did not copy");
      const bytesPerSecond = (2 * bytes) / seconds;
      if (bytesPerSecond > best.bytesPerSecond) best = { bytesPerSecond, bytes };
    } finally {
      recording.destroy();
      from.destroy();
      to.destroy();
    }
  }
  return best;
}
