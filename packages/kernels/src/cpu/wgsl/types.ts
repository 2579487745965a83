/** WGSL types with their memory layout (WGSL specification, "Memory Layout"): sizes and alignments in bytes. */

export type ScalarName = "f32" | "i32" | "u32" | "bool" | "abstract-int" | "abstract-float";

export type Type =
  | { readonly k: "scalar"; readonly name: ScalarName }
  | { readonly k: "vec"; readonly n: 2 | 3 | 4; readonly of: ScalarName }
  | { readonly k: "array"; readonly of: Type; readonly count: number | undefined }
  | {
      readonly k: "struct";
      readonly name: string;
      readonly members: readonly { readonly name: string; readonly type: Type; readonly offset: number }[];
      readonly size: number;
      readonly align: number;
    }
  | { readonly k: "void" };

export const scalar = (name: ScalarName): Type => ({ k: "scalar", name });
export const vec = (n: number, of: ScalarName): Type & { k: "vec" } => ({ k: "vec", n: n as 2 | 3 | 4, of });
export const f32Type = scalar("f32");
export const i32Type = scalar("i32");
export const u32Type = scalar("u32");
export const boolType = scalar("bool");
export const voidType: Type = { k: "void" };

export function alignOf(t: Type): number {
  switch (t.k) {
    case "scalar":
      return 4;
    case "vec":
      return t.n === 2 ? 8 : 16;
    case "array":
      return alignOf(t.of);
    case "struct":
      return t.align;
    case "void":
      return 1;
  }
}

/** Size of a value; a runtime-sized array counts as zero. */
export function sizeOf(t: Type): number {
  switch (t.k) {
    case "scalar":
      return 4;
    case "vec":
      return t.n * 4;
    case "array":
      return strideOf(t) * (t.count ?? 0);
    case "struct":
      return t.size;
    case "void":
      return 0;
  }
}

export function strideOf(t: Type & { k: "array" }): number {
  return roundUp(sizeOf(t.of), alignOf(t.of));
}

export const roundUp = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

export function structType(name: string, members: readonly { name: string; type: Type }[]): Type & { k: "struct" } {
  let offset = 0;
  let align = 1;
  const placed = members.map((m) => {
    const memberAlign = alignOf(m.type);
    align = Math.max(align, memberAlign);
    const at = roundUp(offset, memberAlign);
    offset = at + sizeOf(m.type);
    return { ...m, offset: at };
  });
  return { k: "struct", name, members: placed, size: roundUp(offset, align), align };
}

export function show(t: Type): string {
  switch (t.k) {
    case "scalar":
      return t.name;
    case "vec":
      return `vec${t.n}<${t.of}>`;
    case "array":
      return t.count === undefined ? `array<${show(t.of)}>` : `array<${show(t.of)}, ${t.count}>`;
    case "struct":
      return t.name;
    case "void":
      return "no value";
  }
}

export function same(a: Type, b: Type): boolean {
  return show(a) === show(b);
}

export const isFloat = (name: ScalarName): boolean => name === "f32" || name === "abstract-float";
export const isAbstract = (name: ScalarName): boolean => name === "abstract-int" || name === "abstract-float";
/** The scalar of a scalar or vector. */
export function elementOf(t: Type): ScalarName | undefined {
  return t.k === "scalar" ? t.name : t.k === "vec" ? t.of : undefined;
}
export const withElement = (t: Type, name: ScalarName): Type => (t.k === "vec" ? vec(t.n, name) : scalar(name));
