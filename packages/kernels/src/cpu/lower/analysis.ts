/** What a block may do, read off its tree: which names it assigns, declares, indexes; whether it breaks or continues. */
import type { Block, Expr, Statement } from "../wgsl/ast.ts";

export interface Analysis {
  /** Names assigned, or whose address is taken. */
  readonly assigned: ReadonlySet<string>;
  /** Names handed on as they stand, which matters where they are pointers. */
  readonly passed: ReadonlySet<string>;
  readonly declared: ReadonlySet<string>;
  /** `break` and `continue` that concern the block's own loop. */
  readonly breaks: boolean;
  readonly continues: boolean;
  /** Tree nodes, a measure of code size. */
  readonly work: number;
  /** Names of the arrays that are indexed by `counter`, or by a `let` made from it. */
  indexedBy(counter: string): string[];
}

interface IndexUse {
  readonly root: string;
  readonly names: ReadonlySet<string>;
}

const known = new WeakMap<Block, Analysis>();

export function analyse(body: Block): Analysis {
  const seen = known.get(body);
  if (seen) return seen;
  const assigned = new Set<string>();
  const passed = new Set<string>();
  const declared = new Set<string>();
  const uses: IndexUse[] = [];
  const definitions = new Map<string, Set<string>>();
  let breaks = false;
  let continues = false;
  let work = 0;

  const rootOf = (e: Expr): string | undefined =>
    e.kind === "name"
      ? e.name
      : e.kind === "index" || e.kind === "member"
        ? rootOf(e.base)
        : e.kind === "unary"
          ? rootOf(e.operand)
          : undefined;
  const namesIn = (e: Expr, into: Set<string>): Set<string> => {
    visit(e, (x) => {
      if (x.kind === "name") into.add(x.name);
    });
    return into;
  };
  const expression = (e: Expr | undefined): void => {
    if (!e) return;
    visit(e, (x) => {
      work++;
      if (x.kind === "unary" && x.op === "&") {
        const root = rootOf(x.operand);
        if (root) assigned.add(root);
      }
      if (x.kind === "call") for (const a of x.args) if (a.kind === "name") passed.add(a.name);
      if (x.kind === "index") {
        const root = rootOf(x.base);
        if (root) uses.push({ root, names: namesIn(x.index, new Set()) });
      }
    });
  };
  const statements = (list: Block, inLoop: boolean, inSwitch: boolean): void => {
    for (const s of list) statement(s, inLoop, inSwitch);
  };
  const statement = (s: Statement, inLoop: boolean, inSwitch: boolean): void => {
    work++;
    switch (s.kind) {
      case "let":
      case "var":
      case "const":
        declared.add(s.decl.name);
        if (s.decl.init?.kind === "name") passed.add(s.decl.init.name);
        expression(s.decl.init);
        if (s.decl.init) definitions.set(s.decl.name, namesIn(s.decl.init, definitions.get(s.decl.name) ?? new Set()));
        return;
      case "assign": {
        const root = rootOf(s.target);
        if (root) assigned.add(root);
        expression(s.target);
        expression(s.value);
        return;
      }
      case "call":
        expression(s.call);
        return;
      case "if":
        expression(s.condition);
        statements(s.accepted, inLoop, inSwitch);
        if (s.rejected) statements(s.rejected, inLoop, inSwitch);
        return;
      case "for":
        if (s.init) statement(s.init, true, false);
        expression(s.condition);
        if (s.update) statement(s.update, true, false);
        statements(s.body, true, false);
        return;
      case "loop":
        statements(s.body, true, false);
        if (s.continuing) statements(s.continuing, true, false);
        expression(s.breakIf);
        return;
      case "switch":
        expression(s.value);
        for (const k of s.cases) statements(k.body, inLoop, true);
        return;
      case "block":
        statements(s.body, inLoop, inSwitch);
        return;
      case "return":
        expression(s.value);
        return;
      case "break":
        if (!inLoop && !inSwitch) breaks = true;
        return;
      case "continue":
        if (!inLoop) continues = true;
        return;
    }
  };
  statements(body, false, false);

  const result: Analysis = {
    assigned,
    passed,
    declared,
    breaks,
    continues,
    work,
    indexedBy(counter) {
      const tainted = new Set([counter]);
      for (let grown = true; grown; ) {
        grown = false;
        for (const [name, from] of definitions) {
          if (tainted.has(name) || ![...from].some((n) => tainted.has(n))) continue;
          tainted.add(name);
          grown = true;
        }
      }
      return uses.filter((u) => [...u.names].some((n) => tainted.has(n))).map((u) => u.root);
    },
  };
  known.set(body, result);
  return result;
}

/** Whether control never passes the end of a block but by `return` (WGSL specification, "Behavior Analysis"). */
export function returnsAlways(body: Block): boolean {
  return body.some((s) => {
    switch (s.kind) {
      case "return":
        return true;
      case "block":
        return returnsAlways(s.body);
      case "if":
        return returnsAlways(s.accepted) && s.rejected !== undefined && returnsAlways(s.rejected);
      case "switch":
        return s.cases.every((k) => returnsAlways(k.body) && !analyse(k.body).breaks);
      case "loop":
        return !s.breakIf && !analyse(s.body).breaks;
      case "for":
        return !s.condition && !analyse(s.body).breaks;
      default:
        return false;
    }
  });
}

function visit(e: Expr, see: (e: Expr) => void): void {
  see(e);
  switch (e.kind) {
    case "unary":
      visit(e.operand, see);
      return;
    case "binary":
      visit(e.left, see);
      visit(e.right, see);
      return;
    case "index":
      visit(e.base, see);
      visit(e.index, see);
      return;
    case "member":
      visit(e.base, see);
      return;
    case "call":
      for (const a of e.args) visit(a, see);
      return;
  }
}
