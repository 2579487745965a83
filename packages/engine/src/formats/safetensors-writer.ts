import { FormatError } from "./errors.ts";
import type { PlannedTensor } from "./gguf-writer.ts";
import type { TensorType } from "./tensor-types.ts";
import { tensorTypes } from "./tensor-types.ts";
import type { ByteSink } from "./types.ts";

const dtypes: Partial<Readonly<Record<TensorType, string>>> = {
  f64: "F64",
  f32: "F32",
  f16: "F16",
  bf16: "BF16",
  i64: "I64",
  i32: "I32",
  u8: "U8",
};

/**
 * Writes one safetensors file, tensor by tensor.
 * @param metadata free text pairs for `__metadata__`.
 * @throws FormatError `unsupported` for a type that safetensors lacks, `invalid` when a tensor gives other bytes than its
 * shape takes.
 */
export async function writeSafetensors(
  sink: ByteSink,
  tensors: readonly PlannedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  const sizes: number[] = [];
  let end = 0;
  for (const { name, type, shape } of tensors) {
    const dtype = dtypes[type];
    if (dtype === undefined) throw new FormatError("unsupported", `${name}: safetensors has no dtype for ${type}`);
    const bytes = shape.reduce((product, extent) => product * extent, tensorTypes[type].bytes);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    sizes.push(bytes);
    end += bytes;
  }
  const json = JSON.stringify(header);
  // Spaces after the header put the data on a multiple of 8.
  const text = new TextEncoder().encode(json + " ".repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8));
  const head = new Uint8Array(8 + text.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true);
  head.set(text, 8);
  await sink.write(head);
  for (const [i, tensor] of tensors.entries()) {
    let written = 0;
    for await (const chunk of tensor.data()) {
      await sink.write(chunk);
      written += chunk.length;
    }
    if (written !== sizes[i]) {
      throw new FormatError(
        "invalid",
        `${tensor.name} gave ${written} bytes, ${tensor.type} [${tensor.shape}] takes ${sizes[i]}`,
      );
    }
  }
}
