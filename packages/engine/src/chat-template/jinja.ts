import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";

// The library's declarations do not resolve under Node's module resolution: everything in it would be `any`. These are
// the parts that are used here, typed once.

/** A value inside a template. `type` is the library's class: `StringValue`, `FloatValue`. */
export interface RuntimeValue {
  readonly type: string;
  readonly value: unknown;
}

export interface SyntaxNode {
  readonly type: string;
}

/** Variables, with those of the enclosing scopes behind them. */
export interface Scope {
  set(name: string, value: unknown): RuntimeValue;
}

export const newScope: () => Scope = () => new Environment();

/** Walks the syntax tree: every node, the inner ones too, goes through `evaluate`. */
export const JinjaInterpreter: new (
  scope: Scope,
) => {
  run(program: SyntaxNode): RuntimeValue;
  evaluate(node: SyntaxNode | undefined, scope: Scope): RuntimeValue;
} = Interpreter;

/** The syntax tree of a template, with the white space rules of Transformers. Throws what the parser throws. */
export function parseTemplate(source: string): SyntaxNode {
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
}
