import type { Device, DeviceBuffer } from "@tugboat/kernels";
import { z } from "zod";
import { EngineError } from "../errors.ts";
import type { PlannedTensor } from "../formats/gguf-writer.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { writeSafetensors } from "../formats/safetensors-writer.ts";
import type { ResolvedMethod } from "./method.ts";
import type { TrainingModel } from "./model.ts";
import { momentBuffers, type Parameter } from "./parameters.ts";

/** What of a parameter a checkpoint keeps, as it lies on the device. */
interface Part {
  readonly name: string;
  readonly type: "f32" | "i32";
  readonly buffer: DeviceBuffer;
  readonly bytes: number;
}

function partsOf({ count, moments, name, value }: Parameter): Part[] {
  const kept = momentBuffers(moments).map((one): Part => {
    const { buffer } = one;
    return { name: `${name}.${one.name}`, type: moments.kind === "f32" ? "f32" : "i32", buffer, bytes: buffer.size };
  });
  return [{ name: `${name}.value`, type: "f32", buffer: value, bytes: count * 4 }, ...kept];
}

const headSchema = z.object({
  tugboat_checkpoint: z.literal("1"),
  step: z.string().regex(/^\d+$/),
  method: z.string(),
});

/**
 * A checkpoint: one safetensors file of every parameter's value and moments as they lie on the device, the step in its
 * metadata. Gradients are zero between steps, and everything random is a function of the seed and the step.
 */
export async function writeCheckpoint(
  device: Device,
  { parameters }: TrainingModel,
  { method, step }: { method: ResolvedMethod; step: number },
): Promise<Uint8Array> {
  const tensors = parameters.list.flatMap(partsOf).map(({ buffer, bytes, name, type }): PlannedTensor => {
    return {
      name,
      type,
      shape: [bytes / 4],
      async *data() {
        yield new Uint8Array(await device.read(buffer, 0, bytes));
      },
    };
  });
  const sink = new MemorySink();
  const head = { tugboat_checkpoint: "1", step: String(step), method: JSON.stringify(method) };
  await writeSafetensors(sink, tensors, head);
  return sink.bytes();
}

/**
 * Writes a checkpoint's values to the device; nothing is changed when it does not fit.
 * @returns its step.
 * @throws EngineError `bad-request`, FormatError
 */
export async function readCheckpoint(
  device: Device,
  model: TrainingModel,
  method: ResolvedMethod,
  bytes: Uint8Array,
): Promise<number> {
  const file = await readSafetensors(memorySource(bytes, "checkpoint"));
  const head = headSchema.safeParse(file.metadata);
  if (!head.success) throw new EngineError("bad-request", "the file is no checkpoint of a training run");
  if (head.data.method !== JSON.stringify(method)) {
    throw new EngineError(
      "bad-request",
      `the checkpoint is of ${head.data.method}, the trainer of ${JSON.stringify(method)}`,
      "Open the trainer with the same method.",
    );
  }
  const tensors = new Map(file.tensors.map((info) => [info.name, info]));
  const read: { buffer: DeviceBuffer; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (const { buffer, bytes: size, name, type } of model.parameters.list.flatMap(partsOf)) {
    const info = tensors.get(name);
    if (info?.type !== type || info.bytes !== size) {
      throw new EngineError(
        "bad-request",
        `the checkpoint does not fit ${model.name}: ${name} is ${info ? `${info.bytes} bytes` : "missing"}`,
        "Open the trainer with the model that the checkpoint was made of, and keep moments as it did.",
      );
    }
    const data = new Uint8Array(info.bytes);
    await info.source.read(info.offset, data);
    read.push({ buffer, bytes: data });
  }
  for (const one of read) device.write(one.buffer, 0, one.bytes);
  return Number(head.data.step);
}
