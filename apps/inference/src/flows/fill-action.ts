import type { Json } from "@tugboat/db";
import { evaluate, parseTemplate, type Scope, valueAt } from "../domain/flows/expression.ts";
import type { Action } from "../domain/flows/steps.ts";

type Values = { readonly [name: string]: Json };

/** What a step does that has no steps of its own. */
export type LeafAction = Exclude<Action, { kind: "map" | "branch" | "loop" }>;

/** A part of a filled text: what the flow's author wrote, or what a reference stood for. */
export type Piece = {
  readonly text: string;
  readonly isValue: boolean;
};

/** A step with everything said: what is done depends on nothing else, so it is also what a kept output goes by. */
export type FilledAction =
  | Exclude<LeafAction, { kind: "model" }>
  | (Extract<LeafAction, { kind: "model" }> & { readonly pieces: readonly Piece[] });

/** @throws TemplateError where a reference has no value */
export function fillAction(action: Action, scope: Scope): FilledAction {
  const text = (template: string): string => {
    const value = evaluate(template, scope);
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const values = (fields: { readonly [name: string]: Json }): Values =>
    Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, evaluate(one, scope)]));
  const texts = (fields: { readonly [name: string]: string }) =>
    Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, text(one)]));
  switch (action.kind) {
    case "task":
      return { ...action, input: values(action.input) };
    case "model": {
      const pieces = piecesOf(action.prompt, scope);
      const prompt = pieces.map((piece) => piece.text).join("");
      return { ...action, prompt, pieces, system: action.system === null ? null : text(action.system) };
    }
    case "prompt":
      return { ...action, variables: values(action.variables) };
    case "retrieve":
      return { ...action, query: text(action.query) };
    case "http":
      return {
        ...action,
        url: urlOf(action.url, scope),
        headers: texts(action.headers),
        body: action.body === null ? null : evaluate(action.body, scope),
      };
    case "mcp":
      return {
        ...action,
        url: urlOf(action.url, scope),
        headers: texts(action.headers),
        arguments: values(action.arguments),
      };
    case "code":
      return { ...action, with: values(action.with) };
    case "approve":
      return { ...action, question: text(action.question) };
    case "map":
    case "branch":
    case "loop":
      throw new Error(`a step of steps is not filled: ${action.kind}`);
  }
}

function piecesOf(template: string, scope: Scope): Piece[] {
  return parseTemplate(template).parts.map((part) => {
    if (typeof part === "string") return { text: part, isValue: false };
    const value = valueAt(part, scope);
    return { text: typeof value === "string" ? value : JSON.stringify(value), isValue: true };
  });
}

/** Of the longest values so much is left, each time that a prompt has to become shorter. */
const kept = 0.75;

/**
 * A prompt with the longest of what references stood for cut shorter; what stands at a value's beginning stands for it.
 * @returns undefined when nothing is left that could be cut
 */
export function shortened(pieces: readonly Piece[]): Piece[] | undefined {
  const longest = Math.max(0, ...pieces.filter(({ isValue }) => isValue).map((piece) => piece.text.length));
  const most = Math.floor(longest * kept);
  if (most < 20) return undefined;
  return pieces.map((piece) =>
    piece.isValue && piece.text.length > most ? { ...piece, text: cutAt(piece.text, most) } : piece,
  );
}

function cutAt(text: string, most: number): string {
  const space = text.lastIndexOf(" ", most - 2);
  return `${text.slice(0, space > most / 2 ? space : most - 2).trimEnd()} …`;
}

/** What stands within an address is a part of it, whatever characters it has; only its beginning may be a whole one. */
function urlOf(template: string, scope: Scope): string {
  return parseTemplate(template)
    .parts.map((part, i) => {
      if (typeof part === "string") return part;
      const value = valueAt(part, scope);
      const said = typeof value === "string" ? value : JSON.stringify(value);
      return i === 0 ? said : encodeURIComponent(said);
    })
    .join("");
}
