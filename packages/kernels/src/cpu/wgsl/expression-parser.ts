/** Types and expressions of the WGSL subset, by precedence climbing. */
import type { Expr, TypeExpr } from "./ast.ts";
import { type Token, unsupported } from "./lexer.ts";
import { TokenCursor } from "./token-cursor.ts";

const precedence: Record<string, number> = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "<<": 8,
  ">>": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};
/** Whether `inner` may stand beside `outer` without parentheses (WGSL specification, "Operator Precedence"). */
function mixes(outer: string, inner: string): boolean {
  const [p, q] = [precedence[outer]!, precedence[inner]!];
  if (p <= 2) return q === p || q >= 6;
  if (p <= 5) return inner === outer;
  if (p <= 7) return q >= 8;
  return p >= 9;
}
const templated = new Set(["vec2", "vec3", "vec4", "array", "ptr", "bitcast", "atomic", "mat2x2", "mat3x3", "mat4x4"]);
/** Nested deeper than this, a source is refused: it would exhaust the stack. */
export const maxDepth = 128;

export class ExpressionParser extends TokenCursor {
  /** Expressions in parentheses. */
  private readonly enclosed = new WeakSet<Expr>();
  protected depth = 0;

  protected type(): TypeExpr {
    return this.nested(() => this.typeWithin());
  }

  protected templateArgument(): TypeExpr | Expr {
    const token = this.peek();
    const after = this.tokens[this.next + 1]?.text;
    if (token.kind === "identifier" && (after === "<" || after === ">" || after === "," || after === ">>"))
      return this.type();
    return this.binary(9);
  }

  /** Takes one `>`, splitting `>>`, `>=` and `>>=`. */
  protected closeTemplate(): void {
    const token = this.peek();
    if (token.text.startsWith(">") && token.text.length > 1) {
      const at = { line: token.at.line, column: token.at.column + 1 };
      this.tokens[this.next] = { kind: "symbol", text: token.text.slice(1), at };
    } else this.expect(">");
  }

  protected expression(): Expr {
    return this.binary(1);
  }

  protected binary(minimum: number): Expr {
    let left = this.unary();
    for (let length = 1; ; length++) {
      const { text, at } = this.peek();
      const p = precedence[text];
      if (p === undefined || p < minimum) return left;
      if (length > maxDepth) throw unsupported("this expression is too long", at, "split it by let");
      this.take();
      const right = this.binary(p + 1);
      for (const side of [left, right]) {
        if (side.kind === "binary" && !this.enclosed.has(side) && !mixes(text, side.op))
          throw unsupported(`\`${side.op}\` beside \`${text}\` needs parentheses`, at);
      }
      left = { kind: "binary", op: text, left, right, at };
    }
  }

  protected unary(): Expr {
    return this.nested(() => this.prefixed());
  }

  protected primary(): Expr {
    const token = this.take();
    if (token.text === "(") {
      const inner = this.expression();
      this.expect(")");
      this.enclosed.add(inner);
      return inner;
    }
    if (token.kind === "number") return this.literal(token);
    if (token.text === "true" || token.text === "false")
      return { kind: "bool", value: token.text === "true", at: token.at };
    if (token.kind !== "identifier") throw unsupported(`expected an expression, found \`${token.text}\``, token.at);
    const isTemplate = templated.has(token.text) && this.peek().text === "<";
    if (isTemplate || this.peek().text === "(") {
      this.next--;
      const callee = isTemplate ? this.type() : { name: this.identifier(), args: [], at: token.at };
      return { kind: "call", callee, args: this.arguments(), at: token.at };
    }
    return { kind: "name", name: token.text, at: token.at };
  }

  protected literal({ text, at }: Token): Expr {
    const hex = /^0[xX]/.test(text);
    const last = text[text.length - 1]!;
    const suffix = last === "u" || last === "i" ? last : !hex && last === "f" ? "f" : "";
    if (!hex && last === "h") throw unsupported("f16 is outside the subset", at, "store halves packed in u32");
    const digits = suffix === "" ? text : text.slice(0, -1);
    const float = suffix === "f" || (!hex && /[.eE]/.test(digits));
    return { kind: "literal", value: Number(digits), suffix, float, at };
  }

  protected arguments(): Expr[] {
    this.expect("(");
    const args: Expr[] = [];
    while (!this.accept(")")) {
      args.push(this.expression());
      if (!this.accept(",") && this.peek().text !== ")") this.expect(")");
    }
    return args;
  }

  /** Runs `build` one level deeper: what is nested too deeply would exhaust the stack. */
  protected nested<T>(build: () => T): T {
    if (++this.depth > maxDepth) throw unsupported("this is nested too deeply", this.peek().at);
    const built = build();
    this.depth--;
    return built;
  }

  protected typeWithin(): TypeExpr {
    const at = this.peek().at;
    const name = this.identifier();
    const args: (TypeExpr | Expr)[] = [];
    if (this.peek().text === "<") {
      this.take();
      do {
        if (this.peek().text === ">") break;
        args.push(this.templateArgument());
      } while (this.accept(","));
      this.closeTemplate();
    }
    return { name, args, at };
  }

  protected prefixed(): Expr {
    const { text, at } = this.peek();
    if (text === "-" || text === "!" || text === "~" || text === "&" || text === "*") {
      this.take();
      return { kind: "unary", op: text, operand: this.unary(), at };
    }
    let e = this.primary();
    for (let length = 1; ; length++) {
      const here = this.peek();
      if (length > maxDepth) throw unsupported("this is nested too deeply", here.at);
      if (this.accept("[")) {
        e = { kind: "index", base: e, index: this.expression(), at: here.at };
        this.expect("]");
      } else if (this.accept(".")) {
        e = { kind: "member", base: e, member: this.identifier(), at: here.at };
      } else return e;
    }
  }
}
