import { type Document, isMap, isScalar, LineCounter, parseDocument, parse as parseYaml, visit } from "yaml";
import { type Kind, kinds, newStep } from "./step-kinds.ts";

/** A step as the document has it, whether or not it passes the check. */
export interface DrawnStep {
  readonly name: string;
  /** Undefined for a step that does not say what it does. */
  readonly kind: Kind | undefined;
  /** Steps that it begins after, each with the fields of theirs that it uses; none: it only waits. */
  readonly needs: readonly { readonly step: string; readonly uses: readonly string[] }[];
  /** The first and the last line, from 1. */
  readonly fromLine: number;
  readonly toLine: number;
}

const reference = /(\$?)\$\{\s*([A-Za-z_][\w-]*)((?:\.[\w-]+)*)\s*\}/g;

/** The outermost steps of a document, in its order; undefined where the text is no YAML with steps. */
export function drawnSteps(text: string): readonly DrawnStep[] | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const steps = document.get("steps");
  if (document.errors.length > 0 || !isMap(steps)) return undefined;
  const names = new Set(steps.items.map(({ key }) => nameOf(key)));
  return steps.items.map(({ key, value }) => {
    const name = nameOf(key);
    const said = plainOf(value);
    const needs = new Map<string, Set<string>>();
    const note = (step: string, use: string | undefined) => {
      if (!names.has(step) || step === name) return;
      const uses = needs.get(step) ?? new Set();
      if (use !== undefined) uses.add(use);
      needs.set(step, uses);
    };
    for (const [step, field] of referencesOf(said)) note(step, field);
    const { after } = Object(said) as { after?: unknown };
    for (const step of Array.isArray(after) ? after : [after]) if (typeof step === "string") note(step, undefined);
    const from = rangeOf(key)?.[0] ?? 0;
    // A block's range reaches to where the next begins: its last character is still its own line.
    const to = Math.max(from, (rangeOf(value)?.[1] ?? from) - 1);
    return {
      name,
      kind: kindOf(said),
      needs: [...needs].map(([step, uses]) => ({ step, uses: [...uses] })),
      fromLine: lines.linePos(from).line,
      toLine: lines.linePos(to).line,
    };
  });
}

/** What a step says, as plain data. */
export function stepValue(text: string, name: string): Readonly<Record<string, unknown>> {
  const value: unknown = parseDocument(text).getIn(["steps", name]);
  const plain = plainOf(value);
  return typeof plain === "object" && plain !== null ? { ...plain } : {};
}

/** Adds a step behind the others. */
export function addStep(text: string, kind: Kind): { readonly text: string; readonly name: string } {
  const document = parseDocument(text);
  const input = plainOf(document.get("input"));
  const [first = "text"] = Object.keys(Object(input));
  const taken = new Set(Object.keys(Object(plainOf(document.get("steps")))));
  let name: string = kind;
  for (let number = 2; taken.has(name); number++) name = `${kind}-${number}`;
  if (!isMap(document.get("steps"))) document.set("steps", document.createNode({}));
  document.setIn(["steps", name], document.createNode(newStep(kind, first)));
  return { text: written(document), name };
}

/** Takes a step out, and whoever only waited for it waits no more. What refers to it stays: the check shows where. */
export function removeStep(text: string, name: string): string {
  const document = parseDocument(text);
  document.deleteIn(["steps", name]);
  for (const other of Object.keys(Object(plainOf(document.get("steps"))))) withoutAfter(document, other, name);
  return written(document);
}

/** Has a step begin after another. */
export function connectSteps(text: string, from: string, to: string): string {
  const document = parseDocument(text);
  const after = afterOf(document, to);
  if (from === to || after.includes(from)) return text;
  document.setIn(["steps", to, "after"], document.createNode([...after, from], { flow: true }));
  return written(document);
}

/** A step begins without waiting for another. What it refers to it still waits for. */
export function disconnectSteps(text: string, from: string, to: string): string {
  const document = parseDocument(text);
  withoutAfter(document, to, from);
  return written(document);
}

/** Gives a step another name, also wherever it is referred to outside of code. */
export function renameStep(text: string, from: string, to: string): string {
  const document = parseDocument(text);
  const steps = document.get("steps");
  if (!isMap(steps) || from === to || steps.has(to) || !/^[a-z][a-z0-9_-]{0,39}$/.test(to)) return text;
  visit(document, {
    Pair(_, pair) {
      // References in code are the code's own.
      if (isScalar(pair.key) && pair.key.value === "code") return visit.SKIP;
      return undefined;
    },
    Scalar(_, node) {
      if (typeof node.value !== "string") return;
      node.value = node.value.replace(reference, (whole, escaped: string, name: string, path: string) =>
        escaped === "" && name === from ? `\${${to}${path}}` : whole,
      );
    },
  });
  for (const { key, value } of steps.items) {
    if (isScalar(key) && key.value === from) key.value = to;
    const after = isMap(value) ? plainOf(value.get("after")) : undefined;
    if (!isMap(value) || after === undefined) continue;
    const renamed = (Array.isArray(after) ? after : [after]).map((one) => (one === from ? to : one));
    value.set("after", document.createNode(renamed, { flow: true }));
  }
  return written(document);
}

/**
 * Sets one field of a step; undefined takes it out.
 * @param path within the step
 */
export function setField(text: string, name: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  const at = ["steps", name, ...path];
  if (value === undefined) document.deleteIn(at);
  else document.setIn(at, document.createNode(value));
  return written(document);
}

/** Fields that were written as YAML; undefined while they are none. */
export function readFields(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = parseYaml(text);
    return { value: value ?? undefined };
  } catch {
    return undefined;
  }
}

function afterOf(document: Document, step: string): string[] {
  const after = plainOf(document.getIn(["steps", step, "after"]));
  return (Array.isArray(after) ? after : [after]).filter((one): one is string => typeof one === "string");
}

function withoutAfter(document: Document, step: string, name: string): void {
  const after = afterOf(document, step);
  if (!after.includes(name)) return;
  const rest = after.filter((one) => one !== name);
  if (rest.length === 0) document.deleteIn(["steps", step, "after"]);
  else document.setIn(["steps", step, "after"], document.createNode(rest, { flow: true }));
}

function kindOf(said: unknown): Kind | undefined {
  const keys = new Set(Object.keys(Object(said)));
  return kinds.find((kind) => keys.has(kind) && !(kind === "prompt" && keys.has("model")));
}

function referencesOf(said: unknown): [string, string | undefined][] {
  if (typeof said === "string") {
    return [...said.matchAll(reference)].flatMap(([, escaped, name = "", path = ""]) =>
      escaped === "" ? [[name, path.split(".")[1]] satisfies [string, string | undefined]] : [],
    );
  }
  if (Array.isArray(said)) return said.flatMap(referencesOf);
  if (typeof said !== "object" || said === null) return [];
  return Object.entries(said).flatMap(([key, one]) => (key === "code" ? [] : referencesOf(one)));
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function rangeOf(node: unknown): readonly number[] | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  return node.range;
}

function plainOf(node: unknown): unknown {
  if (typeof node === "object" && node !== null && "toJSON" in node && typeof node.toJSON === "function") {
    const plain: unknown = node.toJSON();
    return plain;
  }
  return node;
}

function written(document: Document): string {
  return document.toString({ lineWidth: 0 });
}
