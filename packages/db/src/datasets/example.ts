import { createHash, randomBytes } from "node:crypto";

/** Anything JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = (typeof splitNames)[number];

/** What an example says, before it is part of a version. */
export interface NewExample {
  /** What a model is shown: a text, an object of fields, or `{messages}`. */
  readonly input: Json;
  /** What it should answer; null where nobody has said. `{chosen, rejected}` for a preference. */
  readonly expected: Json;
  readonly tags?: readonly string[];
  readonly split?: SplitName | null;
  /** Where it came from: `{kind: "file", file, line}`, `{kind: "trace", id}`, `{kind: "person"}`… */
  readonly origin?: Json;
  /** 32-bit numbers, of which texts that are nearly the same share one. */
  readonly sketch?: readonly number[];
}

export interface Example {
  readonly id: string;
  /** The row's number in its dataset, from 1; an edited row keeps it. */
  readonly position: number;
  /** SHA-256 of input and expected, in hexadecimal: the key for whatever is remembered of an example's answers. */
  readonly digest: string;
  readonly input: Json;
  readonly expected: Json;
  readonly tags: readonly string[];
  readonly split: SplitName | null;
  readonly origin: Json;
  /** The number of the version that brought it. */
  readonly since: number;
}

/** JSON whose objects have their keys in order, so that equal values are equal texts. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(",")}}`;
}

/** SHA-256 of what an example says, in hexadecimal. */
export function exampleDigest(input: Json, expected: Json): string {
  return createHash("sha256")
    .update(`[${canonicalJson(input)},${canonicalJson(expected)}]`)
    .digest("hex");
}

/** What a version's digest is made of: an example with its split and its tags, which are part of the version too. */
export interface Sealed {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly split: string | null;
}

const modulus = 1n << 256n;

/**
 * The sum of the examples' hashes modulo 2²⁵⁶ (the incremental multiset hash MSet-Add-Hash of Clarke et al., Asiacrypt
 * 2003): it depends on which examples there are and how often, not on their order, and a change costs what changed.
 */
export class ExampleSum {
  #value: bigint;

  constructor(bytes: Uint8Array = new Uint8Array(32)) {
    this.#value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  }

  add(example: Sealed): void {
    this.#value = (this.#value + seal(example)) % modulus;
  }

  remove(example: Sealed): void {
    this.#value = (this.#value - seal(example) + modulus) % modulus;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.from(this.#value.toString(16).padStart(64, "0"), "hex"));
  }

  /** A version's digest, in hexadecimal. */
  digest(rows: number): string {
    return createHash("sha256").update(this.bytes).update(String(rows)).digest("hex");
  }
}

function seal({ digest, tags, split }: Sealed): bigint {
  const text = JSON.stringify([digest, [...tags].sort(), split]);
  return BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
}

let pool = Buffer.alloc(0);
let used = 0;

/** A UUIDv7 (RFC 9562), from random bytes fetched in bulk: an import needs a million of them. */
export function newExampleId(now = Date.now()): string {
  if (used + 10 > pool.length) {
    pool = randomBytes(10_240);
    used = 0;
  }
  const random = pool.subarray(used, used + 10);
  used += 10;
  const time = now.toString(16).padStart(12, "0");
  const hex = random.toString("hex");
  const variant = (8 + (Number.parseInt(hex[3] ?? "0", 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}
