import type { Device } from "@tugboat/kernels";
import { z } from "zod";
import { EngineError } from "../errors.ts";
import type { PlannedTensor } from "../formats/gguf-writer.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { writeSafetensors } from "../formats/safetensors-writer.ts";
import type { ResolvedMethod } from "./method.ts";
import type { TrainingModel } from "./model.ts";
import type { Parameter } from "./parameters.ts";

const parts = ["value", "first", "second"] as const;

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
  const tensors = parameters.list.flatMap((parameter) =>
    parts.map((part): PlannedTensor => {
      return {
        name: `${parameter.name}.${part}`,
        type: "f32",
        shape: [parameter.count],
        async *data() {
          yield new Uint8Array(await device.read(parameter[part], 0, parameter.count * 4));
        },
      };
    }),
  );
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
  const { list } = model.parameters;
  const read: { parameter: Parameter; part: (typeof parts)[number]; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (const parameter of list) {
    for (const part of parts) {
      const info = tensors.get(`${parameter.name}.${part}`);
      if (info?.type !== "f32" || info.bytes !== parameter.count * 4) {
        throw new EngineError(
          "bad-request",
          `the checkpoint does not fit ${model.name}: ${parameter.name}.${part} is ${info ? `${info.bytes} bytes` : "missing"}`,
          "Open the trainer with the model that the checkpoint was made of.",
        );
      }
      const data = new Uint8Array(info.bytes);
      await info.source.read(info.offset, data);
      read.push({ parameter, part, bytes: data });
    }
  }
  for (const { parameter, part, bytes: data } of read) device.write(parameter[part], 0, data);
  return Number(head.data.step);
}
