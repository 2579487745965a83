import type { Json } from "@tugboat/db";
import { evaluate, parseTemplate, type Scope, valueAt } from "../domain/flows/expression.ts";
import type { Action, Search } from "../domain/flows/steps.ts";
import type { FlowFields, FlowType } from "../domain/flows/types.ts";

type Values = { readonly [name: string]: Json };

/** A step with everything said: what is done depends on nothing else, so it is also what a kept output goes by. */
export type FilledAction =
  | { readonly kind: "task"; readonly task: string; readonly input: Values }
  | {
      readonly kind: "model";
      readonly model: string;
      readonly system: string | null;
      readonly prompt: string;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly output: FlowFields | null;
    }
  | { readonly kind: "prompt"; readonly prompt: string; readonly variables: Values; readonly maxTokens: number }
  | {
      readonly kind: "retrieve";
      readonly collection: string;
      readonly query: string;
      readonly top: number;
      readonly by: Search;
    }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly url: string;
      readonly headers: { readonly [name: string]: string };
      readonly body: Json;
      readonly output: FlowType;
    }
  | {
      readonly kind: "mcp";
      readonly url: string;
      readonly tool: string;
      readonly headers: { readonly [name: string]: string };
      readonly arguments: Values;
      readonly output: FlowType;
    }
  | { readonly kind: "code"; readonly code: string; readonly with: Values; readonly output: FlowFields }
  | { readonly kind: "approve"; readonly question: string };

export type LeafAction = Exclude<Action, { kind: "map" | "branch" | "loop" }>;

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
    case "model":
      return { ...action, prompt: text(action.prompt), system: action.system === null ? null : text(action.system) };
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
      return { kind: "approve", question: text(action.question) };
    case "map":
    case "branch":
    case "loop":
      throw new Error(`a step of steps is not filled: ${action.kind}`);
  }
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
