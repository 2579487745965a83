import { createHash } from "node:crypto";
import type { Json } from "@tugboat/db";

const bins = 40;
const rowsOfBand = 5;

/** The text by which examples are compared: all that a model is shown, without case, marks and spaces. */
export function plainText(input: Json): string {
  return stringsIn(input)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function stringsIn(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(stringsIn).join(" ");
  if (typeof value !== "object" || value === null) return String(value ?? "");
  return Object.values(value).map(stringsIn).join(" ");
}

/**
 * Numbers of 32 bits of which texts that are nearly the same share at least one: MinHash over runs of five characters
 * (Broder 1997) by one permutation with rotation (Shrivastava and Li, ICML 2014), in eight bands of five. Texts with a
 * Jaccard similarity of 0.8 share one in 96 % of cases, of 0.9 in 99.9 %, of 0.5 in 22 %. Equal texts share the first.
 */
export function sketchOf(input: Json): number[] {
  const text = plainText(input);
  const sketch = [hashOf(text)];
  if (text.length < 10) return sketch;
  const smallest = new Uint32Array(bins).fill(0xffffffff);
  const filled = new Uint8Array(bins);
  for (let i = 0; i + 5 <= text.length; i++) {
    let hash = 0x811c9dc5;
    for (let j = i; j < i + 5; j++) hash = Math.imul(hash ^ text.charCodeAt(j), 0x01000193);
    hash = mix(hash);
    const bin = hash % bins;
    const value = Math.floor(hash / bins);
    filled[bin] = 1;
    if (value < smallest[bin]!) smallest[bin] = value;
  }
  // An empty bin borrows from the next that is not, and how far it went is part of the value.
  const value = (bin: number): number => {
    for (let step = 0; step < bins; step++) {
      const at = (bin + step) % bins;
      if (filled[at] === 1) return mix(smallest[at]! + Math.imul(step, 0x9e3779b1));
    }
    return 0;
  };
  for (let band = 0; band < bins; band += rowsOfBand) {
    let hash = mix(band + 1);
    for (let row = 0; row < rowsOfBand; row++) hash = mix(hash ^ value(band + row));
    sketch.push(hash | 0);
  }
  return sketch;
}

/** The finaliser of MurmurHash3 (Appleby 2011): every bit of the result depends on every bit. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hashOf(text: string): number {
  return createHash("sha256").update(text).digest().readInt32BE(0);
}

/** 32 bits of the content, by which its group finds its split. */
export function contentKey(input: Json): number {
  return createHash("sha256")
    .update(`split\n${plainText(input)}`)
    .digest()
    .readUInt32BE(0);
}
