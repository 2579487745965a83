import { type Device, KernelError, type Recording } from "@tugboat/kernels";

/** WebGPU's usage flags; Node has no global `GPUBufferUsage`. */
const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const QUERY_RESOLVE = 0x0200;

const STAMPS_BYTES = 16;

export interface Timer {
  readonly method: "timestamps" | "wall clock";
  /** Seconds on the device of one run: the median of `runs`, after one that is not counted. */
  seconds(device: Device, recording: Recording, runs: number): Promise<number>;
}

/** Timestamp queries where the adapter has them, else the wall clock around a run, its submission and its wait included. */
export function createTimer(gpu: GPUDevice): Timer {
  const stamped = gpu.features.has("timestamp-query");
  const once = stamped ? timestamps(gpu) : wallClock;
  return {
    method: stamped ? "timestamps" : "wall clock",
    async seconds(device, recording, runs) {
      await once(device, recording);
      const measured: number[] = [];
      for (let run = 0; run < runs; run++) measured.push(await once(device, recording));
      measured.sort((a, b) => a - b);
      return measured[measured.length >> 1] ?? Number.NaN;
    },
  };
}

type MeasureOnce = (device: Device, recording: Recording) => Promise<number>;

const wallClock: MeasureOnce = async (device, recording) => {
  await device.finish();
  const start = performance.now();
  device.run(recording);
  await device.finish();
  return (performance.now() - start) / 1000;
};

/**
 * Two empty passes around the recording, all in one command buffer: the queue never waits for the host in between. Both
 * stamps are taken at the end of a pass, when everything before it has finished; a pass's beginning may be stamped early.
 */
function timestamps(gpu: GPUDevice): MeasureOnce {
  const set = gpu.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = gpu.createBuffer({ size: STAMPS_BYTES, usage: QUERY_RESOLVE | COPY_SRC });
  const readable = gpu.createBuffer({ size: STAMPS_BYTES, usage: MAP_READ | COPY_DST });
  const stamp = (encoder: GPUCommandEncoder, endOfPassWriteIndex: number) =>
    encoder.beginComputePass({ timestampWrites: { querySet: set, endOfPassWriteIndex } }).end();
  return async (device, recording) => {
    const encoder = gpu.createCommandEncoder();
    stamp(encoder, 0);
    encodeInto(encoder, recording);
    stamp(encoder, 1);
    encoder.resolveQuerySet(set, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, STAMPS_BYTES);
    gpu.queue.submit([encoder.finish()]);
    // Tells what went wrong, should the device have refused a command.
    await device.finish();
    await readable.mapAsync(1);
    const [start = 0n, end = 0n] = new BigUint64Array(readable.getMappedRange().slice(0));
    readable.unmap();
    return Number(end - start) / 1e9;
  };
}

function encodeInto(encoder: GPUCommandEncoder, recording: Recording): void {
  if (!("encode" in recording) || typeof recording.encode !== "function") {
    throw new KernelError("binding", "the recording was made for another kind of device");
  }
  recording.encode(encoder);
}
