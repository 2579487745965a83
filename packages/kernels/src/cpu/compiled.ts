/**
 * A kernel as it is kept: its function's bytes and what a dispatch must know of it. It can be written to a cache and
 * read back, so that a model's second start lowers nothing.
 */
import type { Fact, Obligation } from "./bounds.ts";
import type { Kind, Node } from "./ir.ts";
import type { BindingUse, LoweredKernel } from "./lower/kernel.ts";
import { functionBody } from "./wasm/kernel-module.ts";

export interface CompiledKernel {
  /** Locals and code, as a WebAssembly module's code section holds them. */
  readonly body: Uint8Array;
  readonly bindings: readonly BindingUse[];
  readonly obligations: readonly Obligation[];
  readonly scratchBytes: number;
}

/** Where compiled kernels are kept between processes. Both may fail silently: a cache is never needed. */
export interface KernelCache {
  read(key: string): Uint8Array | undefined;
  write(key: string, value: Uint8Array): void;
}

export function compiled(kernel: LoweredKernel): CompiledKernel {
  const { bindings, obligations, scratchBytes } = kernel;
  return { body: functionBody(kernel), bindings, obligations, scratchBytes };
}

interface StoredNode {
  readonly kind: Kind;
  readonly op: string;
  readonly args: readonly number[];
  readonly imm: number;
  readonly definition?: number;
  readonly key: string;
}

interface Stored {
  readonly bindings: readonly BindingUse[];
  readonly scratchBytes: number;
  readonly nodes: readonly StoredNode[];
  readonly obligations: readonly (Omit<Obligation, "index" | "facts"> & {
    readonly index: number;
    readonly facts: readonly (Omit<Fact, "node" | "limit"> & { readonly node: number; readonly limit: number })[];
  })[];
}

/** Length of the description (u32, little endian), the description as JSON, the function's bytes. */
export function encodeKernel(kernel: CompiledKernel): Uint8Array {
  const nodes: StoredNode[] = [];
  const numbers = new Map<Node, number>();
  const number = (node: Node): number => {
    const known = numbers.get(node);
    if (known !== undefined) return known;
    const { kind, op, imm, key, definition } = node;
    const args = node.args.map(number);
    const stored = { kind, op, args, imm, key, ...(definition && { definition: number(definition) }) };
    numbers.set(node, nodes.push(stored) - 1);
    return nodes.length - 1;
  };
  const stored: Stored = {
    bindings: kernel.bindings,
    scratchBytes: kernel.scratchBytes,
    obligations: kernel.obligations.map((o) => ({
      ...o,
      index: number(o.index),
      facts: o.facts.map((f) => ({ ...f, node: number(f.node), limit: number(f.limit) })),
    })),
    nodes,
  };
  const text = new TextEncoder().encode(JSON.stringify(stored));
  const out = new Uint8Array(4 + text.length + kernel.body.length);
  new DataView(out.buffer).setUint32(0, text.length, true);
  out.set(text, 4);
  out.set(kernel.body, 4 + text.length);
  return out;
}

/** Undefined when the bytes are not what `encodeKernel` wrote. */
export function decodeKernel(bytes: Uint8Array): CompiledKernel | undefined {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    // Written by encodeKernel; the cache's key holds the compiler's version, so the shape is known.
    const stored = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Stored;
    const nodes: Node[] = [];
    for (const n of stored.nodes) {
      const definition = n.definition === undefined ? undefined : nodes[n.definition];
      nodes.push({ ...n, args: n.args.map((i) => nodes[i]!), definition });
    }
    return {
      body: bytes.slice(4 + length),
      bindings: stored.bindings,
      scratchBytes: stored.scratchBytes,
      obligations: stored.obligations.map((o) => ({
        ...o,
        index: nodes[o.index]!,
        facts: o.facts.map((f) => ({ ...f, node: nodes[f.node]!, limit: nodes[f.limit]! })),
      })),
    };
  } catch {
    return undefined;
  }
}
