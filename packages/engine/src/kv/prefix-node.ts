import { BLOCK_TOKENS } from "./blocks.ts";
import { hex, sha256 } from "./sha256.ts";

/** One full block of tokens whose keys and values are in the cache, after all those above it. */
export class PrefixNode {
  readonly parent: PrefixNode | undefined;
  readonly tag: string;
  readonly content: string;
  readonly block: number;
  /** By scope, then by the tokens of the block. */
  readonly children = new Map<string, Map<string, PrefixNode>>();
  lastUsed = 0;
  /** A text that lost its place will look for it. */
  awaited = false;
  #key: string | undefined;

  constructor(parent: PrefixNode | undefined, tag: string, content: string, block: number) {
    this.parent = parent;
    this.tag = tag;
    this.content = content;
    this.block = block;
  }

  get depth(): number {
    let depth = 0;
    for (let node = this.parent; node; node = node.parent) depth += 1;
    return depth;
  }

  /** Names the tokens up to the block's end and whose they are, in any process. */
  get key(): string {
    this.#key ??= this.parent ? childKey(this.parent.key, this.tag, this.content) : "";
    return this.#key;
  }
}

/** @see PrefixNode.key. A digest: who could make two texts share one would read another's cache. */
export function childKey(parent: string, tag: string, content: string): string {
  const head = new TextEncoder().encode(`${parent}\0${tag.length}\0${tag}\0`);
  const data = new Uint8Array(head.length + 2 * content.length);
  data.set(head);
  for (let i = 0; i < content.length; i++) {
    const unit = content.charCodeAt(i);
    data[head.length + 2 * i] = unit & 0xff;
    data[head.length + 2 * i + 1] = unit >>> 8;
  }
  return hex(sha256(data));
}

/** The tokens of one block as a key: two UTF-16 units a token. */
export function contentOf(tokens: Int32Array, depth: number): string {
  const units = new Uint16Array(2 * BLOCK_TOKENS);
  for (let i = 0; i < BLOCK_TOKENS; i++) {
    const token = tokens[depth * BLOCK_TOKENS + i]!;
    units[2 * i] = token & 0xffff;
    units[2 * i + 1] = token >>> 16;
  }
  return String.fromCharCode(...units);
}

/** Children compared token by token when no full block matches; past that many, only full blocks are shared. */
const PARTIAL_CANDIDATES = 256;
/** Tokens of a partly matching block that are worth copying it for. */
const PARTIAL_LEAST = 8;

/** The child whose block begins with most of `rest`. */
export function bestPartial(
  children: ReadonlyMap<string, PrefixNode> | undefined,
  rest: Int32Array,
): { node: PrefixNode; tokens: number } | undefined {
  if (!children || children.size > PARTIAL_CANDIDATES) return undefined;
  let best: { node: PrefixNode; tokens: number } | undefined;
  let most = PARTIAL_LEAST - 1;
  for (const [content, node] of children) {
    let same = 0;
    while (same < Math.min(BLOCK_TOKENS, rest.length) && tokenAt(content, same) === rest[same]) same += 1;
    if (same <= most) continue;
    most = same;
    best = { node, tokens: same };
  }
  return best;
}

function tokenAt(content: string, index: number): number {
  return content.charCodeAt(2 * index) | (content.charCodeAt(2 * index + 1) << 16);
}
