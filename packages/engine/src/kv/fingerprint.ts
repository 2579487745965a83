import type { ModelFiles, TensorInfo } from "../formats/types.ts";
import { hex, sha256 } from "./sha256.ts";

/** To be raised when the same weights would make other keys and values, or they would lie otherwise. */
const FORMAT = 1;
/** Bytes of a tensor that are looked at, at its beginning, its middle and its end. */
const SAMPLE = 128;

/**
 * Names what keys and values depend on beside the tokens: the model's weights, by their shapes and a sample of each tensor,
 * and the settings.
 */
export async function fingerprintOf(files: ModelFiles, settings: Readonly<Record<string, unknown>>): Promise<string> {
  const parts: Uint8Array[] = [new TextEncoder().encode(`${FORMAT} ${files.name} ${JSON.stringify(settings)}\n`)];
  for (const tensor of [...files.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { bytes, name, shape, type } = tensor;
    parts.push(new TextEncoder().encode(`${name} ${type} ${shape.join(" ")} ${bytes}\n`), await sampleOf(tensor));
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return hex(sha256(all));
}

async function sampleOf({ bytes, offset, source }: TensorInfo): Promise<Uint8Array> {
  const length = Math.min(SAMPLE, bytes);
  const out = new Uint8Array(3 * length);
  for (const [i, from] of [0, Math.floor((bytes - length) / 2), bytes - length].entries()) {
    await source.read(offset + from, out.subarray(i * length, (i + 1) * length));
  }
  return out;
}
