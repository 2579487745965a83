import type { CheckedStep } from "./check.ts";
import type { FlowDocument } from "./document.ts";
import type { Action, Body, Step } from "./steps.ts";
import { type FlowType, typeText } from "./types.ts";

/** A step as a picture of the flow shows it. */
export interface GraphStep {
  /** In the document: find, each.ask, sort.billing.reply. */
  readonly path: string;
  readonly name: string;
  readonly kind: Action["kind"];
  /** What it names: a model, a task, a collection, an address. */
  readonly subject: string;
  /** Paths of the steps that it waits for. */
  readonly needs: string[];
  /** The step of steps that it lies in, and in which part of it. */
  readonly within: string | null;
  readonly part: string | null;
  /** What it gives, in words. */
  readonly output: string;
  /** Its fields with their types, in words. */
  readonly fields: Record<string, string>;
  readonly ways: string[];
}

/** All steps of a flow, those within others behind them. */
export function graphOf(document: Pick<FlowDocument, "steps">, checked: readonly CheckedStep[]): GraphStep[] {
  return stepsOf(document.steps, checked, "", null, null);
}

function stepsOf(
  steps: Readonly<Record<string, Step>>,
  checked: readonly CheckedStep[],
  place: string,
  within: string | null,
  part: string | null,
): GraphStep[] {
  const at = (name: string) => (place === "" ? name : `${place}.${name}`);
  return checked.flatMap((one) => {
    const step = steps[one.name];
    if (step === undefined) return [];
    const path = at(one.name);
    const own: GraphStep = {
      path,
      name: one.name,
      kind: one.kind,
      subject: subjectOf(step.action),
      needs: one.needs.map(at),
      within,
      part,
      output: typeText(one.output),
      fields: fieldsOf(one.output),
      ways: step.ways.map(({ name }) => name),
    };
    const inside = bodiesOf(step.action).flatMap(({ body, name }, i) => {
      const found = one.within[i];
      if (found === undefined) return [];
      return stepsOf(body.steps, found.steps, name === null ? path : `${path}.${name}`, path, found.name);
    });
    return [own, ...inside];
  });
}

function fieldsOf(type: FlowType): Record<string, string> {
  if (typeof type !== "object" || !("object" in type)) return {};
  return Object.fromEntries(Object.entries(type.object).map(([name, one]) => [name, typeText(one)]));
}

function bodiesOf(action: Action): { readonly name: string | null; readonly body: Body }[] {
  if (action.kind === "map" || action.kind === "loop") return [{ name: null, body: action.body }];
  if (action.kind !== "branch") return [];
  return [
    ...Object.entries(action.cases).map(([name, body]) => ({ name, body })),
    ...(action.otherwise === null ? [] : [{ name: "else", body: action.otherwise }]),
  ];
}

function subjectOf(action: Action): string {
  switch (action.kind) {
    case "task":
      return action.task;
    case "model":
      return action.model;
    case "prompt":
      return action.prompt;
    case "retrieve":
      return `${action.collection}, ${action.top} by ${action.by}`;
    case "http":
      return `${action.method} ${action.url}`.slice(0, 80);
    case "mcp":
      return action.tool;
    case "code":
      return "TypeScript";
    case "map":
      return `each ${action.as}`;
    case "branch":
      return action.on;
    case "loop":
      return `at most ${action.most} rounds`;
    case "approve":
      return action.question.slice(0, 80);
  }
}
