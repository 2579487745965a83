/** What an expression or a place stands for while a kernel is lowered. */
import type { Node } from "../ir.ts";
import { i32 } from "../ir.ts";
import { boolType, type Type } from "../wgsl/types.ts";

export type Val =
  /** A literal whose type is not decided yet; `value` is exact. */
  | { readonly k: "abstract"; readonly type: Type; readonly value: number }
  | { readonly k: "node"; readonly type: Type; readonly node: Node }
  /** A struct or a fixed-size array, member by member. */
  | { readonly k: "aggregate"; readonly type: Type; readonly items: readonly Val[] }
  | { readonly k: "pointer"; readonly type: Type; readonly ref: Ref };

/** A mutable local: `version` counts its values, `definition` is what it surely holds now. */
export interface Slot {
  readonly index: number;
  version: number;
  definition: Node | undefined;
}

export interface MemoryRoot {
  /** `workgroup` also stands for private variables: a workgroup has one lane here. */
  readonly space: "storage" | "uniform" | "workgroup" | "function";
  readonly binding: number;
  readonly writable: boolean;
  readonly name: string;
}

export type Ref =
  | { readonly k: "slot"; readonly type: Type; readonly slot: Slot }
  | { readonly k: "aggregate"; readonly type: Type; readonly items: readonly Ref[]; readonly declaration: object }
  | {
      readonly k: "memory";
      readonly type: Type;
      readonly root: MemoryRoot;
      readonly base: Node;
      readonly offset: number;
    }
  | { readonly k: "lane"; readonly type: Type; readonly vector: Ref; readonly lane: number };

export const nodeVal = (type: Type, node: Node): Val => ({ k: "node", type, node });
export const boolVal = (value: boolean): Val => nodeVal(boolType, i32(Number(value)));
