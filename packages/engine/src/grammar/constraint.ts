import type { Tokenizer } from "../tokenizer/types.ts";
import { buildAutomaton } from "./automaton.ts";
import { parseEbnf } from "./ebnf.ts";
import { GrammarError } from "./errors.ts";
import { type Grammar, grammarOf, literal, optional, rule, sequence } from "./expression.ts";
import { anyJson, anyJsonObject, parseJsonSchema } from "./json-schema.ts";
import { TokenMasks, TokenOrder } from "./mask.ts";
import { Matcher, type Position } from "./matcher.ts";
import { parseRegex } from "./regex.ts";

/** What an answer's text must be. */
export type Constraint =
  | { readonly kind: "json" }
  | { readonly kind: "json-object" }
  | { readonly kind: "json-schema"; readonly schema: unknown; readonly closed?: boolean }
  | { readonly kind: "regex"; readonly pattern: string }
  | { readonly kind: "ebnf"; readonly grammar: string; readonly root?: string }
  /** Ready-made, such as the calls of tools; `key` tells it apart from others. */
  | { readonly kind: "grammar"; readonly grammar: Grammar; readonly key: string };

/** Compiled constraints kept, and positions that they may remember together. */
const MAX_KEPT = 64;
const MAX_POSITIONS = 60_000;

/** @throws GrammarError */
export function grammarFor(constraint: Constraint): Grammar {
  switch (constraint.kind) {
    case "json":
      return anyJson();
    case "json-object":
      return anyJsonObject();
    case "json-schema":
      return parseJsonSchema(constraint.schema, { closed: constraint.closed ?? false });
    case "regex":
      return grammarOf(parseRegex(constraint.pattern));
    case "ebnf":
      return parseEbnf(constraint.grammar, constraint.root);
    case "grammar":
      return constraint.grammar;
  }
}

/** A constraint made ready for one vocabulary. */
export class CompiledConstraint {
  readonly matcher: Matcher;
  /** u32s of a mask. */
  readonly words: number;
  readonly #masks: TokenMasks;
  readonly #tokenBytes: (token: number) => Uint8Array;

  /** @throws GrammarError */
  constructor(grammar: Grammar, order: TokenOrder, tokenBytes: (token: number) => Uint8Array) {
    this.matcher = new Matcher(buildAutomaton(grammar));
    this.#masks = new TokenMasks(this.matcher, order);
    this.words = Math.ceil(order.vocabulary / 32);
    this.#tokenBytes = tokenBytes;
    // What is too complex shows before anything is generated, and a vocabulary that can't write its beginning, too.
    const first = this.mask(this.matcher.start);
    if (first.every((word) => word === 0)) {
      throw new GrammarError("unsatisfiable", "no token of the model's vocabulary can begin it");
    }
  }

  /** `[vocabulary / 32]` u32: bit `t % 32` of word `t / 32` allows token t. The array is shared. */
  mask(position: Position): Uint32Array<ArrayBuffer> {
    return this.#masks.at(position);
  }

  /** Where the text stands after a token; undefined when it can't follow. */
  after(position: Position, token: number): Position | undefined {
    return this.matcher.run(position, this.#tokenBytes(token));
  }
}

/** The constraints of a model's requests, compiled once each. */
export class ConstraintCache {
  readonly #tokenizer: Tokenizer;
  readonly #vocabulary: number;
  readonly #spoken: ReadonlyMap<number, Uint8Array>;
  readonly #kept = new Map<string, CompiledConstraint>();
  #order: TokenOrder | undefined;

  /** @param spoken control tokens that count as text, with their bytes */
  constructor(tokenizer: Tokenizer, vocabulary: number, spoken: ReadonlyMap<number, Uint8Array>) {
    this.#tokenizer = tokenizer;
    this.#vocabulary = vocabulary;
    this.#spoken = spoken;
  }

  /**
   * @param leadingSpace whether one space may come first: decoding will take it away
   * @throws GrammarError
   */
  get(constraint: Constraint, leadingSpace: boolean): CompiledConstraint {
    const name = constraint.kind === "grammar" ? `grammar ${constraint.key}` : JSON.stringify(constraint);
    const key = leadingSpace ? `space ${name}` : name;
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const compiled = known ?? this.#compile(constraint, leadingSpace);
    this.#kept.set(key, compiled);
    this.#evict();
    return compiled;
  }

  #compile(constraint: Constraint, leadingSpace: boolean): CompiledConstraint {
    this.#order ??= new TokenOrder(this.#tokenizer, this.#vocabulary, this.#spoken);
    const grammar = grammarFor(constraint);
    return new CompiledConstraint(
      leadingSpace ? afterSpace(grammar) : grammar,
      this.#order,
      (token) => this.#spoken.get(token) ?? this.#tokenizer.tokenBytes(token),
    );
  }

  /** The least recently used go first; requests that run on them hold them. */
  #evict(): void {
    let positions = 0;
    for (const { matcher } of this.#kept.values()) positions += matcher.size;
    for (const [key, { matcher }] of this.#kept) {
      if (this.#kept.size === 1 || (this.#kept.size <= MAX_KEPT && positions <= MAX_POSITIONS)) return;
      this.#kept.delete(key);
      positions -= matcher.size;
    }
  }
}

function afterSpace({ root, rules }: Grammar): Grammar {
  const spaced = sequence(optional(literal(" ")), rule(root));
  return { root: "after space", rules: new Map([...rules, ["after space", spaced]]) };
}

/** One answer's way through its constraint. */
export class ConstrainedText {
  readonly #constraint: CompiledConstraint;
  #position: Position;

  constructor(constraint: CompiledConstraint) {
    this.#constraint = constraint;
    this.#position = constraint.matcher.start;
  }

  /** u32s of a mask. */
  get words(): number {
    return this.#constraint.words;
  }

  /** Tokens that may come next. @throws GrammarError `too-complex` */
  get mask(): Uint32Array<ArrayBuffer> {
    return this.#constraint.mask(this.#position);
  }

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.#position.complete;
  }

  /** Whether it must. */
  get final(): boolean {
    return this.#position.final;
  }

  /** @param token one that the mask allows, and no end token */
  take(token: number): void {
    const next = this.#constraint.after(this.#position, token);
    if (next === undefined) throw new Error(`token ${token} does not follow the grammar`);
    this.#position = next;
  }
}
