import { GrammarError } from "./errors.ts";
import type { Expression, Grammar } from "./expression.ts";
import { utf8Sequences } from "./utf8.ts";
import { addWithout } from "./without.ts";

/** More states than any schema of a reasonable size has: a bound on memory and on the time of a step. */
const MAX_STATES = 200_000;
const MAX_NESTING = 256;

/**
 * A recursive transition network (Woods 1970): for each rule a non-deterministic automaton over bytes, whose edges may also
 * call a rule and go on where it returns.
 */
export class Automaton {
  /** For each state `from, to, target` triples: the bytes `from..to` lead to `target`. */
  readonly bytes: number[][] = [];
  /** For each state the states that it may be in as well. */
  readonly jumps: number[][] = [];
  /** For each state `rule, target` pairs. */
  readonly calls: number[][] = [];
  /** For each rule its first and its last state; the last has no way on. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** For each state whether it is the last of its rule. */
  readonly isEnd: boolean[] = [];

  state(): number {
    if (this.bytes.length >= MAX_STATES) {
      throw new GrammarError("too-complex", `it needs more than ${MAX_STATES} states; lower its counts or its size`);
    }
    this.bytes.push([]);
    this.jumps.push([]);
    this.calls.push([]);
    this.isEnd.push(false);
    return this.bytes.length - 1;
  }

  byte(from: number, low: number, high: number, to: number): void {
    this.bytes[from]!.push(low, high, to);
  }

  jump(from: number, to: number): void {
    if (from !== to) this.jumps[from]!.push(to);
  }
}

/**
 * @throws GrammarError `syntax` for rules that are missing or recurse on the left, `unsatisfiable`, `too-complex`
 */
export function buildAutomaton(grammar: Grammar): Automaton {
  const automaton = new Automaton();
  if (!grammar.rules.has(grammar.root)) throw new GrammarError("syntax", `there is no rule \`${grammar.root}\``);
  // The matcher begins with rule 0.
  const names = [grammar.root, ...[...grammar.rules.keys()].filter((name) => name !== grammar.root)];
  const ids = new Map(names.map((name, id) => [name, id]));
  for (const _ of ids) {
    automaton.starts.push(automaton.state());
    const end = automaton.state();
    automaton.ends.push(end);
    automaton.isEnd[end] = true;
  }
  const builder = new Builder(automaton, ids);
  for (const [name, expression] of grammar.rules) {
    const id = ids.get(name)!;
    builder.add(expression, automaton.starts[id]!, automaton.ends[id]!, 0);
  }
  refuseLeftRecursion(automaton, names);
  prune(automaton);
  if (!productive(automaton)[automaton.starts[0]!]) {
    throw new GrammarError("unsatisfiable", "no text can satisfy it");
  }
  return automaton;
}

class Builder {
  readonly #automaton: Automaton;
  readonly #rules: ReadonlyMap<string, number>;
  readonly #encoder = new TextEncoder();

  constructor(automaton: Automaton, rules: ReadonlyMap<string, number>) {
    this.#automaton = automaton;
    this.#rules = rules;
  }

  /** Makes the expression's texts lead from one state to another. */
  add(expression: Expression, from: number, to: number, depth: number): void {
    if (depth > MAX_NESTING) {
      throw new GrammarError("too-complex", `it is nested more than ${MAX_NESTING} levels deep`);
    }
    const automaton = this.#automaton;
    switch (expression.kind) {
      case "never":
        return;
      case "literal": {
        const bytes = this.#encoder.encode(expression.text);
        let at = from;
        bytes.forEach((byte, i) => {
          const next = i === bytes.length - 1 ? to : automaton.state();
          automaton.byte(at, byte, byte, next);
          at = next;
        });
        return;
      }
      case "characters":
        for (const range of expression.ranges) this.#addCharacters(range, from, to);
        return;
      case "sequence": {
        let at = from;
        expression.of.forEach((part, i) => {
          const next = i === expression.of.length - 1 ? to : automaton.state();
          this.add(part, at, next, depth + 1);
          at = next;
        });
        if (expression.of.length === 0) automaton.jump(from, to);
        return;
      }
      case "choice":
        // Each way has a state of its own: an edge back to `from` must not open the other ways.
        for (const one of expression.of) {
          const start = automaton.state();
          automaton.jump(from, start);
          this.add(one, start, to, depth + 1);
        }
        return;
      case "repeat":
        this.#addRepeat(expression, from, to, depth);
        return;
      case "without":
        addWithout(automaton, expression.stops, from, to);
        return;
      case "rule": {
        const id = this.#rules.get(expression.name);
        if (id === undefined) throw new GrammarError("syntax", `there is no rule \`${expression.name}\``);
        automaton.calls[from]!.push(id, to);
        return;
      }
    }
  }

  #addCharacters(range: readonly [number, number], from: number, to: number): void {
    const automaton = this.#automaton;
    for (const sequence of utf8Sequences(range)) {
      let at = from;
      sequence.forEach(([low, high], i) => {
        const next = i === sequence.length - 1 ? to : automaton.state();
        automaton.byte(at, low, high, next);
        at = next;
      });
    }
  }

  #addRepeat(expression: Expression & { kind: "repeat" }, from: number, to: number, depth: number): void {
    const automaton = this.#automaton;
    const { of, min, max } = expression;
    let at = from;
    for (let i = 0; i < min; i++) {
      const next = automaton.state();
      this.add(of, at, next, depth + 1);
      at = next;
    }
    if (max === undefined) {
      const loop = automaton.state();
      automaton.jump(at, loop);
      const back = automaton.state();
      this.add(of, loop, back, depth + 1);
      automaton.jump(back, loop);
      automaton.jump(loop, to);
      return;
    }
    for (let i = min; i < max; i++) {
      const start = automaton.state();
      automaton.jump(at, start);
      automaton.jump(at, to);
      const next = automaton.state();
      this.add(of, start, next, depth + 1);
      at = next;
    }
    automaton.jump(at, to);
  }
}

/** For each state whether its rule's end can be reached: by bytes, jumps and calls of rules that can end themselves. */
function productive(automaton: Automaton): boolean[] {
  const count = automaton.bytes.length;
  const can = automaton.isEnd.slice();
  const before: number[][] = Array.from({ length: count }, () => []);
  // States that wait for a rule to be known to end: `state, target` by rule.
  const callers: [number, number][][] = automaton.starts.map(() => []);
  for (let state = 0; state < count; state++) {
    for (const to of automaton.jumps[state]!) before[to]!.push(state);
    const bytes = automaton.bytes[state]!;
    for (let i = 2; i < bytes.length; i += 3) before[bytes[i]!]!.push(state);
    const calls = automaton.calls[state]!;
    for (let i = 0; i < calls.length; i += 2) callers[calls[i]!]!.push([state, calls[i + 1]!]);
  }
  const ruleOf = new Map(automaton.starts.map((start, id) => [start, id]));
  const open = can.flatMap((yes, state) => (yes ? [state] : []));
  const returns: number[][] = Array.from({ length: count }, () => []);
  const rulesOfReturn: number[][] = Array.from({ length: count }, () => []);
  for (const [id, list] of callers.entries()) {
    for (const [state, target] of list) {
      returns[target]!.push(state);
      rulesOfReturn[target]!.push(id);
    }
  }
  const mark = (state: number) => {
    if (can[state]) return;
    can[state] = true;
    open.push(state);
  };
  const ends = (id: number) => can[automaton.starts[id]!]!;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const one of before[state]!) mark(one);
    returns[state]!.forEach((caller, i) => {
      if (ends(rulesOfReturn[state]![i]!)) mark(caller);
    });
    const id = ruleOf.get(state);
    if (id !== undefined) for (const [caller, target] of callers[id]!) if (can[target]) mark(caller);
  }
  return can;
}

/** Takes away what leads nowhere, so that no text is begun that can't be ended. */
function prune(automaton: Automaton): void {
  const can = productive(automaton);
  for (let state = 0; state < can.length; state++) {
    automaton.jumps[state] = automaton.jumps[state]!.filter((to) => can[to]);
    automaton.bytes[state] = triples(automaton.bytes[state]!)
      .filter(([, , to]) => can[to])
      .flat();
    automaton.calls[state] = pairs(automaton.calls[state]!)
      .filter(([id, to]) => can[to] && can[automaton.starts[id]!])
      .flat();
  }
}

/** A rule that can call itself before a byte was read would be called for ever. */
function refuseLeftRecursion(automaton: Automaton, names: readonly string[]): void {
  const nullable = nullableRules(automaton);
  const firsts = automaton.starts.map((start) => {
    const called = new Set<number>();
    const seen = new Set([start]);
    const open = [start];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const next = [...automaton.jumps[state]!];
      for (const [id, to] of pairs(automaton.calls[state]!)) {
        called.add(id);
        if (nullable[id]) next.push(to);
      }
      for (const to of next) if (!seen.has(to)) seen.add(to) && open.push(to);
    }
    return called;
  });
  const state: ("open" | "done" | undefined)[] = [];
  const visit = (id: number, path: readonly number[]): void => {
    if (state[id] === "done") return;
    if (state[id] === "open") {
      const circle = [...path.slice(path.indexOf(id)), id].map((one) => names[one]);
      throw new GrammarError(
        "unsupported",
        `the rule ${circle.join(" → ")} begins with itself; write the repetition at its end instead`,
      );
    }
    state[id] = "open";
    for (const next of firsts[id]!) visit(next, [...path, id]);
    state[id] = "done";
  };
  for (const id of names.keys()) visit(id, []);
}

function nullableRules(automaton: Automaton): boolean[] {
  const nullable = automaton.starts.map(() => false);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [id, start] of automaton.starts.entries()) {
      if (nullable[id]) continue;
      const seen = new Set([start]);
      const open = [start];
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        if (state === automaton.ends[id]) {
          nullable[id] = true;
          changed = true;
          break;
        }
        const next = [...automaton.jumps[state]!];
        for (const [called, to] of pairs(automaton.calls[state]!)) if (nullable[called]) next.push(to);
        for (const to of next) if (!seen.has(to)) seen.add(to) && open.push(to);
      }
    }
  }
  return nullable;
}

function pairs(list: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < list.length; i += 2) out.push([list[i]!, list[i + 1]!]);
  return out;
}

function triples(list: readonly number[]): [number, number, number][] {
  const out: [number, number, number][] = [];
  for (let i = 0; i < list.length; i += 3) out.push([list[i]!, list[i + 1]!, list[i + 2]!]);
  return out;
}
