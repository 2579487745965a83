/** Recursive descent over the WGSL subset. Anything else is refused with line and column. */
import type {
  Block,
  Declaration,
  Expr,
  FunctionDecl,
  GlobalVar,
  Module,
  Parameter,
  Statement,
  StructDecl,
  SwitchCase,
  TypeExpr,
} from "./ast.ts";
import { type Position, type Token, tokenize, unsupported } from "./lexer.ts";

interface Attribute {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly at: Position;
}

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
const maxDepth = 128;
const assignments = new Set(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="]);

/** @throws KernelError `unsupported-wgsl` naming line and column. */
export function parse(source: string): Module {
  return new Parser(tokenize(source)).module();
}

class Parser {
  private next = 0;
  /** Expressions in parentheses. */
  private readonly enclosed = new WeakSet<Expr>();
  private depth = 0;
  private readonly tokens: Token[];

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  module(): Module {
    const structs = new Map<string, StructDecl>();
    const aliases = new Map<string, TypeExpr>();
    const constants: Declaration[] = [];
    const overrides: Declaration[] = [];
    const globals: GlobalVar[] = [];
    const functions = new Map<string, FunctionDecl>();
    while (this.peek().kind !== "end") {
      if (this.accept(";")) continue;
      const attributes = this.attributes();
      const token = this.peek();
      switch (token.text) {
        case "struct": {
          const s = this.struct();
          structs.set(s.name, s);
          break;
        }
        case "alias": {
          this.take();
          const name = this.identifier();
          this.expect("=");
          aliases.set(name, this.type());
          this.expect(";");
          break;
        }
        case "const":
          this.take();
          constants.push(this.declaration(token.at));
          this.expect(";");
          break;
        case "override":
          this.take();
          overrides.push(this.declaration(token.at));
          this.expect(";");
          break;
        case "var":
          globals.push(this.global(attributes));
          break;
        case "fn": {
          const f = this.function(attributes);
          if (functions.has(f.name)) throw unsupported(`the function ${f.name} is declared twice`, f.at);
          functions.set(f.name, f);
          break;
        }
        case "enable":
        case "requires":
        case "diagnostic":
          throw unsupported(`\`${token.text}\` directives are outside the subset`, token.at);
        default:
          throw unsupported(`expected a declaration, found \`${token.text}\``, token.at);
      }
    }
    return { structs, aliases, constants, overrides, globals, functions };
  }

  private attributes(): Attribute[] {
    const found: Attribute[] = [];
    while (this.peek().text === "@") {
      const at = this.take().at;
      const name = this.identifier();
      found.push({ name, args: this.peek().text === "(" ? this.arguments() : [], at });
    }
    return found;
  }

  private struct(): StructDecl {
    const at = this.take().at;
    const name = this.identifier();
    const members: { name: string; type: TypeExpr; at: Position }[] = [];
    this.expect("{");
    while (!this.accept("}")) {
      const [first] = this.attributes();
      if (first) throw unsupported(`@${first.name} on a struct member is outside the subset`, first.at);
      const memberAt = this.peek().at;
      const member = this.identifier();
      this.expect(":");
      members.push({ name: member, type: this.type(), at: memberAt });
      if (!this.accept(",") && this.peek().text !== "}") this.expect("}");
    }
    return { name, members, at };
  }

  private global(attributes: readonly Attribute[]): GlobalVar {
    const at = this.take().at;
    let space = "";
    let access = "read";
    if (this.accept("<")) {
      space = this.identifier();
      if (this.accept(",")) access = this.identifier();
      this.expect(">");
    }
    if (space !== "storage" && space !== "uniform" && space !== "workgroup" && space !== "private")
      throw unsupported(
        `address space \`${space}\` is outside the subset`,
        at,
        "use storage, uniform, workgroup or private",
      );
    if (access !== "read" && access !== "read_write")
      throw unsupported(`access mode \`${access}\` is outside the subset`, at);
    const decl = this.declaration(at);
    this.expect(";");
    const group = attributes.find((a) => a.name === "group")?.args[0];
    if (group && (group.kind !== "literal" || group.value !== 0))
      throw unsupported("only @group(0) is in the subset", at);
    const slot = attributes.find((a) => a.name === "binding")?.args[0];
    const binding = slot?.kind === "literal" ? slot.value : undefined;
    if ((space === "storage" || space === "uniform") && binding === undefined)
      throw unsupported(`${decl.name} needs @group(0) @binding(n) with a literal n`, at);
    return { ...decl, space, access, binding };
  }

  private function(attributes: readonly Attribute[]): FunctionDecl {
    this.take();
    const at = this.peek().at;
    const name = this.identifier();
    const parameters: Parameter[] = [];
    this.expect("(");
    while (!this.accept(")")) {
      const own = this.attributes();
      const parameterAt = this.peek().at;
      const parameter = this.identifier();
      this.expect(":");
      const type = this.type();
      const builtin = own.find((a) => a.name === "builtin")?.args[0];
      parameters.push({
        name: parameter,
        type,
        builtin: builtin?.kind === "name" ? builtin.name : undefined,
        at: parameterAt,
      });
      if (!this.accept(",") && this.peek().text !== ")") this.expect(")");
    }
    let result: TypeExpr | undefined;
    if (this.accept("->")) {
      this.attributes();
      result = this.type();
    }
    const size = attributes.find((a) => a.name === "workgroup_size");
    const isEntry = attributes.some((a) => a.name === "compute");
    if (isEntry && !size) throw unsupported(`the entry point ${name} needs @workgroup_size`, at);
    return { name, parameters, result, body: this.block(), workgroupSize: isEntry ? size?.args : undefined, at };
  }

  private declaration(at: Position): Declaration {
    const name = this.identifier();
    const type = this.accept(":") ? this.type() : undefined;
    const init = this.accept("=") ? this.expression() : undefined;
    return { name, type, init, at };
  }

  private type(): TypeExpr {
    return this.nested(() => this.typeWithin());
  }

  private typeWithin(): TypeExpr {
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

  private templateArgument(): TypeExpr | Expr {
    const token = this.peek();
    const after = this.tokens[this.next + 1]?.text;
    if (token.kind === "identifier" && (after === "<" || after === ">" || after === "," || after === ">>"))
      return this.type();
    return this.binary(9);
  }

  /** Takes one `>`, splitting `>>`, `>=` and `>>=`. */
  private closeTemplate(): void {
    const token = this.peek();
    if (token.text.startsWith(">") && token.text.length > 1) {
      const at = { line: token.at.line, column: token.at.column + 1 };
      this.tokens[this.next] = { kind: "symbol", text: token.text.slice(1), at };
    } else this.expect(">");
  }

  private block(): Block {
    this.expect("{");
    const body: Statement[] = [];
    while (!this.accept("}")) {
      if (this.accept(";")) continue;
      body.push(this.statement());
    }
    return body;
  }

  private statement(): Statement {
    return this.nested(() => this.statementWithin());
  }

  private statementWithin(): Statement {
    const { text, at } = this.peek();
    switch (text) {
      case "{":
        return { kind: "block", body: this.block(), at };
      case "if":
        return this.ifStatement();
      case "for":
        return this.forStatement();
      case "while": {
        this.take();
        const condition = this.expression();
        return { kind: "for", condition, body: this.block(), at };
      }
      case "loop":
        return this.loopStatement();
      case "switch":
        return this.switchStatement();
      case "break":
      case "continue":
        this.take();
        this.expect(";");
        return { kind: text, at };
      case "return": {
        this.take();
        const value = this.peek().text === ";" ? undefined : this.expression();
        this.expect(";");
        return { kind: "return", value, at };
      }
      default: {
        const simple = this.simpleStatement();
        this.expect(";");
        return simple;
      }
    }
  }

  /** What may stand in a `for` header too: declaration, assignment, increment, call. */
  private simpleStatement(): Statement {
    const { text, at } = this.peek();
    if (text === "let" || text === "var" || text === "const") {
      this.take();
      if (this.accept("<")) {
        const space = this.identifier();
        if (space !== "function") throw unsupported(`\`var<${space}>\` inside a function is outside the subset`, at);
        this.expect(">");
      }
      return { kind: text, decl: this.declaration(at), at };
    }
    if (text === "_") {
      this.take();
      this.expect("=");
      return { kind: "call", call: this.expression(), at };
    }
    const target = this.unary();
    const op = this.peek();
    if (assignments.has(op.text)) {
      this.take();
      return { kind: "assign", target, op: op.text.slice(0, -1), value: this.expression(), at: op.at };
    }
    if (op.text === "++" || op.text === "--") {
      this.take();
      const one: Expr = { kind: "literal", value: 1, suffix: "", float: false, at: op.at };
      return { kind: "assign", target, op: op.text[0]!, value: one, at: op.at };
    }
    if (target.kind === "call") return { kind: "call", call: target, at };
    throw unsupported(`expected a statement, found \`${op.text}\``, op.at);
  }

  private ifStatement(): Statement {
    const at = this.take().at;
    const condition = this.expression();
    const accepted = this.block();
    let rejected: Block | undefined;
    if (this.accept("else"))
      rejected = this.peek().text === "if" ? [this.nested(() => this.ifStatement())] : this.block();
    return { kind: "if", condition, accepted, rejected, at };
  }

  private forStatement(): Statement {
    const at = this.take().at;
    this.expect("(");
    const init = this.peek().text === ";" ? undefined : this.simpleStatement();
    this.expect(";");
    const condition = this.peek().text === ";" ? undefined : this.expression();
    this.expect(";");
    const update = this.peek().text === ")" ? undefined : this.simpleStatement();
    this.expect(")");
    return { kind: "for", init, condition, update, body: this.block(), at };
  }

  private loopStatement(): Statement {
    const at = this.take().at;
    this.expect("{");
    const body: Statement[] = [];
    let continuing: Statement[] | undefined;
    let breakIf: Expr | undefined;
    while (!this.accept("}")) {
      if (this.accept(";")) continue;
      if (!this.accept("continuing")) {
        body.push(this.statement());
        continue;
      }
      continuing = [];
      this.expect("{");
      while (!this.accept("}")) {
        if (this.peek().text === "break" && this.tokens[this.next + 1]?.text === "if") {
          this.take();
          this.take();
          breakIf = this.expression();
          this.expect(";");
        } else continuing.push(this.statement());
      }
    }
    return { kind: "loop", body, continuing, breakIf, at };
  }

  private switchStatement(): Statement {
    const at = this.take().at;
    const value = this.expression();
    const cases: SwitchCase[] = [];
    this.expect("{");
    while (!this.accept("}")) {
      const values: Expr[] = [];
      let isDefault = false;
      if (this.accept("default")) isDefault = true;
      else {
        this.expect("case");
        do {
          if (this.peek().text === ":" || this.peek().text === "{") break;
          if (this.accept("default")) isDefault = true;
          else values.push(this.expression());
        } while (this.accept(","));
      }
      this.accept(":");
      cases.push({ values, isDefault, body: this.block() });
    }
    if (cases.filter((k) => k.isDefault).length !== 1) throw unsupported("a switch has one default", at);
    return { kind: "switch", value, cases, at };
  }

  private expression(): Expr {
    return this.binary(1);
  }

  private binary(minimum: number): Expr {
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

  /** Runs `build` one level deeper: what is nested too deeply would exhaust the stack. */
  private nested<T>(build: () => T): T {
    if (++this.depth > maxDepth) throw unsupported("this is nested too deeply", this.peek().at);
    const built = build();
    this.depth--;
    return built;
  }

  private unary(): Expr {
    return this.nested(() => this.prefixed());
  }

  private prefixed(): Expr {
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

  private primary(): Expr {
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

  private literal({ text, at }: Token): Expr {
    const hex = /^0[xX]/.test(text);
    const last = text[text.length - 1]!;
    const suffix = last === "u" || last === "i" ? last : !hex && last === "f" ? "f" : "";
    if (!hex && last === "h") throw unsupported("f16 is outside the subset", at, "store halves packed in u32");
    const digits = suffix === "" ? text : text.slice(0, -1);
    const float = suffix === "f" || (!hex && /[.eE]/.test(digits));
    return { kind: "literal", value: Number(digits), suffix, float, at };
  }

  private arguments(): Expr[] {
    this.expect("(");
    const args: Expr[] = [];
    while (!this.accept(")")) {
      args.push(this.expression());
      if (!this.accept(",") && this.peek().text !== ")") this.expect(")");
    }
    return args;
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private take(): Token {
    const token = this.tokens[this.next]!;
    if (token.kind !== "end") this.next++;
    return token;
  }

  private accept(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.next++;
    return true;
  }

  private expect(text: string): void {
    const token = this.peek();
    if (token.text !== text) throw unsupported(`expected \`${text}\`, found \`${token.text}\``, token.at);
    this.next++;
  }

  private identifier(): string {
    const token = this.take();
    if (token.kind !== "identifier") throw unsupported(`expected a name, found \`${token.text}\``, token.at);
    return token.text;
  }
}
