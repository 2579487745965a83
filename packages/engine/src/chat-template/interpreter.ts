import { ChatTemplateError } from "./errors.ts";
import { JinjaInterpreter, newScope, type RuntimeValue, type Scope, type SyntaxNode } from "./jinja.ts";
import { type PythonJsonOptions, type PythonValue, pythonJson } from "./python-json.ts";

/** How far a template may go. Real templates stay far below. */
export interface TemplateLimits {
  /** Steps of the interpreter; long strings and lists count more than one. A step takes about a microsecond. */
  readonly steps: number;
  /** More steps for each message and tool. */
  readonly stepsPerMessage: number;
  /** UTF-16 units of any one string. */
  readonly characters: number;
  /** Elements of any one list. */
  readonly items: number;
}

export const defaultLimits: TemplateLimits = {
  steps: 1_000_000,
  stepsPerMessage: 2_000,
  characters: 32_000_000,
  items: 1_000_000,
};

/** What one turn of a loop costs, before anything is done in it: the library makes two scopes and nine variables. */
const stepsPerTurn = 8;

/** Jinja's sandbox allows ranges up to this. */
const longestRange = 100_000;

/** The template called `raise_exception`: it refuses these messages. */
export class TemplateRefusal extends Error {}

interface FilterNode extends SyntaxNode {
  readonly operand: SyntaxNode;
  readonly filter: SyntaxNode & {
    readonly value?: unknown;
    readonly callee?: SyntaxNode & { readonly value?: unknown };
  } & {
    readonly args?: readonly ArgumentNode[];
  };
}
interface ArgumentNode extends SyntaxNode {
  readonly key?: { readonly value: string };
  readonly value?: SyntaxNode;
}

/**
 * The interpreter with a meter on it: a template comes with a file from anywhere, and one that loops, doubles a string
 * or calls itself must end in an error and not in a hang. `tojson` is Python's.
 */
export class BoundedInterpreter extends JinjaInterpreter {
  readonly #limits: TemplateLimits;
  readonly #makeString: (text: string) => RuntimeValue;
  readonly #iterables = new WeakSet<object>();
  readonly #allowed: number;
  #steps = 0;

  /** @param messages how many messages and tools there are to go through. */
  constructor(scope: Scope, limits: TemplateLimits, messages: number) {
    super(scope);
    this.#limits = limits;
    this.#allowed = limits.steps + messages * limits.stepsPerMessage;
    this.#makeString = (text) => newScope().set("text", text);
  }

  override evaluate(node: SyntaxNode | undefined, scope: Scope): RuntimeValue {
    this.#spend(1);
    if (node?.type === "For") this.#iterables.add(iterableOf(node));
    if (isToJson(node)) return this.#toJson(node, scope);
    const result = super.evaluate(node, scope);
    const { value } = result;
    if (typeof value === "string") {
      if (value.length > this.#limits.characters) throw tooFar(`made a string of ${value.length} characters`);
      this.#spend(value.length >>> 6);
    } else if (Array.isArray(value)) {
      if (value.length > this.#limits.items) throw tooFar(`made a list of ${value.length} items`);
      this.#spend(value.length >>> 8);
    }
    if (node !== undefined && this.#iterables.has(node)) {
      const turns = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
      this.#spend(turns * stepsPerTurn);
    }
    return result;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#allowed) throw tooFar(`took more than ${this.#allowed} steps`);
  }

  #toJson(node: FilterNode, scope: Scope): RuntimeValue {
    const operand = this.evaluate(node.operand, scope);
    const options = readOptions(node.filter.args ?? [], (argument) => this.evaluate(argument, scope).value);
    let length = 0;
    const spend = (characters: number) => {
      length += characters;
      if (length > this.#limits.characters) throw tooFar("wrote too much JSON");
      this.#spend(1 + (characters >>> 6));
    };
    return this.#makeString(pythonJson(this.#plain(operand, 0), options, spend));
  }

  #plain(input: unknown, depth: number): PythonValue {
    this.#spend(1);
    if (depth > 500) throw tooFar("has values nested more than 500 deep");
    if (!isRuntimeValue(input)) throw new TypeError("a value that is not JSON");
    const { type, value } = input;
    if (type === "NullValue" || value === null) return null;
    if (typeof value === "boolean" || typeof value === "string") return value;
    if (typeof value === "number") return { number: value, float: type === "FloatValue" };
    if (Array.isArray(value)) return value.map((each: unknown) => this.#plain(each, depth + 1));
    if (value instanceof Map) {
      const plain = new Map<string, PythonValue>();
      for (const [key, each] of value) plain.set(String(key), this.#plain(each, depth + 1));
      return plain;
    }
    throw new TypeError(`Object of type ${type.replace(/Value$/, "")} is not JSON serializable`);
  }
}

/** The variables that every chat template may use, as Transformers sets them up. */
export function templateScope(now: () => Date, formatTime: (date: Date, format: string) => string): Scope {
  const scope = newScope();
  for (const name of ["true", "True"]) scope.set(name, true);
  for (const name of ["false", "False"]) scope.set(name, false);
  for (const name of ["none", "None"]) scope.set(name, null);
  scope.set("raise_exception", (message: unknown) => {
    throw new TemplateRefusal(String(message));
  });
  scope.set("range", range);
  scope.set("strftime_now", (format: unknown) => formatTime(now(), String(format)));
  return scope;
}

function range(first: number, second?: number | null, step?: number | null): number[] {
  const by = step ?? 1;
  const [from, to] = typeof second === "number" ? [first, second] : [0, first];
  if (by === 0) throw new RangeError("range() arg 3 must not be zero");
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (!(count <= longestRange)) throw tooFar(`asked for a range of ${count} numbers`);
  return Array.from({ length: count }, (_, i) => from + i * by);
}

/** What a loop goes over: `for x in xs`, or `for x in xs if …`. */
function iterableOf(loop: SyntaxNode): object {
  const iterable = "iterable" in loop ? loop.iterable : undefined;
  if (typeof iterable !== "object" || iterable === null) return loop;
  const selected =
    "lhs" in iterable && "type" in iterable && iterable.type === "SelectExpression" ? iterable.lhs : iterable;
  return typeof selected === "object" && selected !== null ? selected : iterable;
}

function isToJson(node: SyntaxNode | undefined): node is FilterNode {
  if (node?.type !== "FilterExpression" || !("filter" in node)) return false;
  const filter = node.filter;
  if (typeof filter !== "object" || filter === null) return false;
  const name = "callee" in filter ? filter.callee : filter;
  return typeof name === "object" && name !== null && "value" in name && name.value === "tojson";
}

function isRuntimeValue(input: unknown): input is RuntimeValue {
  return typeof input === "object" && input !== null && "type" in input && "value" in input;
}

/** `tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)`, by place or by name. */
function readOptions(
  args: readonly ArgumentNode[],
  evaluate: (node: SyntaxNode | undefined) => unknown,
): PythonJsonOptions {
  const names = ["ensure_ascii", "indent", "separators", "sort_keys"] as const;
  const given = new Map<string, unknown>();
  args.forEach((argument, i) => {
    if (argument.type === "KeywordArgumentExpression") given.set(argument.key?.value ?? "", evaluate(argument.value));
    else given.set(names[i] ?? "", evaluate(argument));
  });
  const indent = given.get("indent");
  const separators = given.get("separators");
  const [item, colon] = Array.isArray(separators)
    ? separators.map((each: unknown) => (isRuntimeValue(each) ? String(each.value) : ", "))
    : [];
  return {
    ensureAscii: given.get("ensure_ascii") === true,
    sortKeys: given.get("sort_keys") === true,
    ...(typeof indent === "number" ? { indent: Math.min(Math.max(indent, 0), 64) } : {}),
    ...(item !== undefined && colon !== undefined ? { separators: [item, colon] as const } : {}),
  };
}

function tooFar(what: string): ChatTemplateError {
  return new ChatTemplateError(
    "bad-model",
    `The model's chat template ${what} and was stopped`,
    "Send fewer or shorter messages, or give the model another template.",
  );
}
