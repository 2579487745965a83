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
import { ExpressionParser } from "./expression-parser.ts";
import { type Position, tokenize, unsupported } from "./lexer.ts";

interface Attribute {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly at: Position;
}

const assignments = new Set(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="]);

/** @throws KernelError `unsupported-wgsl` naming line and column. */
export function parse(source: string): Module {
  return new Parser(tokenize(source)).module();
}

class Parser extends ExpressionParser {
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
}
