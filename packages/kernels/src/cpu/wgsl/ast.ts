/** The tree that the parser gives: WGSL's constructs with positions, not yet typed. */
import type { Position } from "./lexer.ts";

export interface TypeExpr {
  readonly name: string;
  readonly args: readonly (TypeExpr | Expr)[];
  readonly at: Position;
}

export type Expr =
  | {
      readonly kind: "literal";
      readonly value: number;
      readonly suffix: "" | "i" | "u" | "f";
      readonly at: Position;
      readonly float: boolean;
    }
  | { readonly kind: "bool"; readonly value: boolean; readonly at: Position }
  | { readonly kind: "name"; readonly name: string; readonly at: Position }
  | { readonly kind: "unary"; readonly op: string; readonly operand: Expr; readonly at: Position }
  | { readonly kind: "binary"; readonly op: string; readonly left: Expr; readonly right: Expr; readonly at: Position }
  | { readonly kind: "index"; readonly base: Expr; readonly index: Expr; readonly at: Position }
  | { readonly kind: "member"; readonly base: Expr; readonly member: string; readonly at: Position }
  | { readonly kind: "call"; readonly callee: TypeExpr; readonly args: readonly Expr[]; readonly at: Position };

export interface Declaration {
  readonly name: string;
  readonly type?: TypeExpr;
  readonly init?: Expr;
  readonly at: Position;
}

export type Statement =
  | { readonly kind: "let" | "var" | "const"; readonly decl: Declaration; readonly at: Position }
  | { readonly kind: "assign"; readonly target: Expr; readonly op: string; readonly value: Expr; readonly at: Position }
  | { readonly kind: "call"; readonly call: Expr; readonly at: Position }
  | {
      readonly kind: "if";
      readonly condition: Expr;
      readonly accepted: Block;
      readonly rejected?: Block;
      readonly at: Position;
    }
  | {
      readonly kind: "for";
      readonly init?: Statement;
      readonly condition?: Expr;
      readonly update?: Statement;
      readonly body: Block;
      readonly at: Position;
    }
  | {
      readonly kind: "loop";
      readonly body: Block;
      readonly continuing?: Block;
      readonly breakIf?: Expr;
      readonly at: Position;
    }
  | { readonly kind: "switch"; readonly value: Expr; readonly cases: readonly SwitchCase[]; readonly at: Position }
  | { readonly kind: "break" | "continue"; readonly at: Position }
  | { readonly kind: "return"; readonly value?: Expr; readonly at: Position }
  | { readonly kind: "block"; readonly body: Block; readonly at: Position };

export type Block = readonly Statement[];

export interface SwitchCase {
  /** Empty for a lone `default`. */
  readonly values: readonly Expr[];
  readonly isDefault: boolean;
  readonly body: Block;
}

export interface Parameter {
  readonly name: string;
  readonly type: TypeExpr;
  /** `workgroup_id` of `@builtin(workgroup_id)`. */
  readonly builtin?: string;
  readonly at: Position;
}

export interface FunctionDecl {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result?: TypeExpr;
  readonly body: Block;
  /** Expressions of `@workgroup_size`, for an entry point. */
  readonly workgroupSize?: readonly Expr[];
  readonly at: Position;
}

export interface GlobalVar extends Declaration {
  readonly space: "storage" | "uniform" | "workgroup" | "private";
  readonly access: "read" | "read_write";
  readonly binding?: number;
}

export interface StructDecl {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly type: TypeExpr; readonly at: Position }[];
  readonly at: Position;
}

export interface Module {
  readonly structs: ReadonlyMap<string, StructDecl>;
  readonly aliases: ReadonlyMap<string, TypeExpr>;
  readonly constants: readonly Declaration[];
  readonly overrides: readonly Declaration[];
  readonly globals: readonly GlobalVar[];
  readonly functions: ReadonlyMap<string, FunctionDecl>;
}
