import type { FlowDocument } from "./document.ts";
import {
  type Expression,
  parseTemplate,
  type Reference,
  referencesOf,
  TemplateError,
  wholeReference,
} from "./expression.ts";
import type { Action, Body, Fields, Step } from "./steps.ts";
import { type FlowFields, type FlowType, joined, misfit, typeText } from "./types.ts";
import { type Path, type Place, type PlaceOf, problem } from "./yaml.ts";

/** What a flow may name, and what it is like. */
export interface KnownNames {
  readonly tasks: ReadonlyMap<string, { readonly input: FlowFields; readonly output: FlowFields }>;
  readonly models: ReadonlySet<string>;
  readonly prompts: ReadonlySet<string>;
  readonly collections: ReadonlySet<string>;
}

export interface CheckedFlow {
  readonly output: FlowType;
  /** The outermost steps, for the picture of the graph. */
  readonly steps: readonly CheckedStep[];
}

export interface CheckedStep {
  readonly name: string;
  readonly kind: Action["kind"];
  readonly needs: readonly string[];
  readonly output: FlowType;
  readonly within: readonly { readonly name: string; readonly steps: readonly CheckedStep[] }[];
}

type Types = Readonly<Record<string, FlowType>>;

export const passageType: FlowType = {
  object: {
    document: "string",
    heading: "string",
    text: "string",
    from_line: "integer",
    to_line: "integer",
    /** As an answer cites it: `guides/engineer.md, lines 10–32`. */
    source: "string",
    score: "number",
  },
};

export const approvalType: FlowType = { object: { approved: "boolean", note: "string", by: "string" } };

/**
 * Checks every connection of a flow.
 * @throws FlowError `bad-document`, with the place of what is wrong
 */
export function checkFlow(document: FlowDocument, names: KnownNames, placeOf: PlaceOf): CheckedFlow {
  const checker = new Checker(names, placeOf);
  const { output, steps } = checker.body(document, { input: { object: document.input } }, []);
  return { output, steps };
}

/** Of the names in scope, those that steps of a body wait for. */
export function needsOf(step: Step, siblings: ReadonlySet<string>): string[] {
  const named = [step.action, ...step.ways.map(({ action }) => action)].flatMap(referencesOfAction);
  return [...new Set([...named.map(([name]) => name), ...step.after])].filter((name) => siblings.has(name));
}

function referencesOfAction(action: Action): Reference[] {
  switch (action.kind) {
    case "task":
      return referencesOf(action.input);
    case "model":
      return referencesOf([action.prompt, action.system]);
    case "prompt":
      return referencesOf(action.variables);
    case "retrieve":
      return referencesOf(action.query);
    case "http":
      return referencesOf([action.url, action.headers, action.body]);
    case "mcp":
      return referencesOf([action.url, action.headers, action.arguments]);
    case "code":
      return referencesOf(action.with);
    case "map":
      return [...referencesOf(action.over), ...referencesOfBody(action.body)];
    case "branch":
      return [
        ...referencesOf(action.on),
        ...Object.values(action.cases).flatMap(referencesOfBody),
        ...(action.otherwise === null ? [] : referencesOfBody(action.otherwise)),
      ];
    case "loop":
      return [...referencesOf(action.from), ...referencesOf(action.until), ...referencesOfBody(action.body)];
    case "approve":
      return referencesOf(action.question);
  }
}

/** References that lead out of a body; its own steps stay inside. */
function referencesOfBody({ output, steps }: Body): Reference[] {
  const all = [
    ...referencesOf(output),
    ...Object.values(steps).flatMap((step) => [
      ...[step.action, ...step.ways.map(({ action }) => action)].flatMap(referencesOfAction),
    ]),
  ];
  return all.filter(([name]) => !(name in steps));
}

class Checker {
  readonly #names: KnownNames;
  readonly #placeOf: PlaceOf;

  constructor(names: KnownNames, placeOf: PlaceOf) {
    this.#names = names;
    this.#placeOf = placeOf;
  }

  body({ output, steps }: Body, outer: Types, path: Path): { output: FlowType; steps: CheckedStep[] } {
    const siblings = new Set(Object.keys(steps));
    for (const name of siblings) {
      if (!(name in outer) && name !== "input") continue;
      throw problem(
        `${name} names something already.`,
        "Give the step another name.",
        this.#placeOf([...path, "steps", name]),
      );
    }
    this.#templates([...path, "output"], output);
    for (const [name, step] of Object.entries(steps)) {
      this.#stepTemplates(step, [...path, "steps", name]);
      const unknown = step.after.find((one) => !siblings.has(one));
      if (unknown !== undefined) {
        const place = this.#placeOf([...path, "steps", name, "after"]);
        throw problem(`steps.${name}.after: there is no step ${unknown}.`, known(siblings), place);
      }
    }
    const needs = new Map(Object.entries(steps).map(([name, step]) => [name, needsOf(step, siblings)]));
    const types: Record<string, FlowType> = { ...outer };
    const checked = new Map<string, CheckedStep>();
    for (const name of this.#order(needs, path)) {
      const step = steps[name];
      if (step === undefined) continue;
      const at = [...path, "steps", name];
      const found = this.#step(step.action, types, at);
      for (const [i, way] of step.ways.entries()) {
        const other = this.#step(way.action, types, at);
        const why = misfit(other.output, found.output);
        if (why === undefined) continue;
        throw problem(
          `steps.${name}.try.${i}: this way gives something else than the first: ${why}.`,
          "All ways of a step give the same fields.",
          this.#placeOf([...at, "try", i]),
        );
      }
      types[name] = found.output;
      checked.set(name, { name, kind: step.action.kind, needs: needs.get(name) ?? [], ...found });
    }
    return {
      output: this.#type(output, types, [...path, "output"]),
      steps: [...siblings].flatMap((name) => checked.get(name) ?? []),
    };
  }

  /** Steps in an order in which each follows what it needs. */
  #order(needs: ReadonlyMap<string, readonly string[]>, path: Path): string[] {
    const order: string[] = [];
    const state = new Map<string, "open" | "done">();
    const visit = (name: string, trail: readonly string[]): void => {
      if (state.get(name) === "done") return;
      if (state.get(name) === "open") {
        const round = [...trail.slice(trail.indexOf(name)), name];
        const said = round.length === 2 ? `${name} waits for itself` : `${round.join(" waits for ")}`;
        throw problem(
          `The steps wait in a circle: ${said}.`,
          "A flow goes one way. For rounds there is loop, with a bound.",
          this.#placeOf([...path, "steps", name]),
        );
      }
      state.set(name, "open");
      for (const other of needs.get(name) ?? []) visit(other, [...trail, name]);
      state.set(name, "done");
      order.push(name);
    };
    for (const name of needs.keys()) visit(name, []);
    return order;
  }

  #step(action: Action, types: Types, path: Path): Pick<CheckedStep, "output" | "within"> {
    const plain = (output: FlowType) => ({ output, within: [] });
    switch (action.kind) {
      case "task": {
        const task = this.#names.tasks.get(action.task);
        if (task === undefined) throw this.#unknown("task", action.task, this.#names.tasks.keys(), [...path, "task"]);
        this.#fields(action.input, task.input, types, [...path, "input"], `the task ${action.task}`);
        return plain({ object: task.output });
      }
      case "model":
        if (!this.#names.models.has(action.model)) {
          throw this.#unknown("model", action.model, this.#names.models, [...path, "model"]);
        }
        this.#type(action.prompt, types, [...path, "prompt"]);
        if (action.system !== null) this.#type(action.system, types, [...path, "system"]);
        return plain({ object: action.output ?? { text: "string" } });
      case "prompt": {
        const [name = ""] = action.prompt.split("@");
        if (!this.#names.prompts.has(name))
          throw this.#unknown("prompt", name, this.#names.prompts, [...path, "prompt"]);
        for (const [field, one] of Object.entries(action.variables))
          this.#type(one, types, [...path, "variables", field]);
        return plain({ object: { text: "string" } });
      }
      case "retrieve":
        if (!this.#names.collections.has(action.collection)) {
          throw this.#unknown("collection", action.collection, this.#names.collections, [...path, "retrieve"]);
        }
        this.#wants(action.query, "string", types, [...path, "query"]);
        return plain({ object: { passages: { list: passageType } } });
      case "http":
        this.#type(action.url, types, [...path, "http", "url"]);
        this.#type(action.headers, types, [...path, "http", "headers"]);
        if (action.body !== null) this.#type(action.body, types, [...path, "http", "body"]);
        return plain({ object: { status: "integer", body: action.output } });
      case "mcp":
        this.#type(action.url, types, [...path, "mcp", "url"]);
        this.#type(action.arguments, types, [...path, "mcp", "arguments"]);
        return plain({ object: { text: "string", data: action.output } });
      case "code":
        this.#type(action.with, types, [...path, "with"]);
        if (!/function\s+run\s*\(/.test(action.code)) {
          throw problem(
            `${path.join(".")}.code declares no function run.`,
            "For instance function run({ text }) { return { words: text.split(' ').length } }.",
            this.#placeOf([...path, "code"]),
          );
        }
        return plain({ object: action.output });
      case "map": {
        const list = this.#type(action.over, types, [...path, "map"]);
        if (list !== "any" && !(typeof list === "object" && "list" in list)) {
          const hint = `map goes through a list, such as \${find.passages}.`;
          throw problem(
            `${path.join(".")}.map: it is ${typeText(list)}, and a list is wanted.`,
            hint,
            this.#placeOf([...path, "map"]),
          );
        }
        this.#free([action.as, "index"], types, path);
        const item = typeof list === "object" && "list" in list ? list.list : "any";
        const found = this.body(action.body, { ...types, [action.as]: item, index: "integer" }, path);
        return {
          output: { object: { items: { list: found.output } } },
          within: [{ name: `each ${action.as}`, steps: found.steps }],
        };
      }
      case "branch":
        return this.#branch(action, types, path);
      case "loop": {
        const state: FlowFields = Object.fromEntries(
          Object.entries(action.from).map(([name, one]) => [
            name,
            widened(this.#type(one, types, [...path, "loop", name])),
          ]),
        );
        this.#free(["loop", "round"], types, path);
        const within = { ...types, loop: { object: state }, round: "integer" } as const;
        const found = this.body(action.body, within, path);
        const why = misfit(found.output, { object: state });
        if (why !== undefined) {
          const hint = `Each round gives what the next begins with: ${Object.keys(state).join(", ")}.`;
          throw problem(`${path.join(".")}.output: ${why}.`, hint, this.#placeOf([...path, "output"]));
        }
        this.#wants(action.until, "boolean", within, [...path, "until"]);
        return {
          output: { object: { ...state, rounds: "integer" } },
          within: [{ name: `at most ${action.most} rounds`, steps: found.steps }],
        };
      }
      case "approve":
        this.#type(action.question, types, [...path, "approve"]);
        return plain(approvalType);
    }
  }

  #branch(action: Action & { kind: "branch" }, types: Types, path: Path): Pick<CheckedStep, "output" | "within"> {
    const on = this.#type(action.on, types, [...path, "branch"]);
    const values =
      on === "boolean" ? ["true", "false"] : typeof on === "object" && "enum" in on ? [...on.enum] : undefined;
    for (const name of Object.keys(action.cases)) {
      if (values === undefined || values.includes(name)) continue;
      const place = this.#placeOf([...path, "cases", name]);
      throw problem(`${path.join(".")}.cases: ${name} never comes.`, `It is ${values.join(", ")}.`, place);
    }
    const missing = values?.filter((value) => !(value in action.cases)) ?? ["everything else"];
    if (action.otherwise === null && missing.length > 0) {
      const place = this.#placeOf([...path, "cases"]);
      throw problem(
        `${path.join(".")} has no case for ${missing.join(", ")}.`,
        "Add it, or else: for the rest.",
        place,
      );
    }
    const bodies = [
      ...Object.entries(action.cases).map(([name, body]) => [name, body, [...path, "cases", name]] as const),
      ...(action.otherwise === null ? [] : [["else", action.otherwise, [...path, "else"]] as const]),
    ].map(([name, body, at]) => ({ name, ...this.body(body, types, at) }));
    const [first, ...rest] = bodies;
    if (first === undefined) throw problem(`${path.join(".")} has no case.`, "Add cases.", this.#placeOf(path));
    return {
      output: rest.reduce((type: FlowType, one) => joined(type, one.output), first.output),
      within: bodies.map(({ name, steps }) => ({ name, steps })),
    };
  }

  #free(names: readonly string[], types: Types, path: Path): void {
    const taken = names.find((name) => name in types && name !== "index" && name !== "round");
    if (taken === undefined) return;
    throw problem(`${path.join(".")}: ${taken} names something already.`, "Choose another: as: …", this.#placeOf(path));
  }

  #fields(given: Fields, wanted: FlowFields, types: Types, path: Path, who: string): void {
    for (const name of Object.keys(wanted)) {
      if (name in given) continue;
      throw problem(
        `${path.join(".")}: ${name} is missing.`,
        `${who} takes: ${Object.keys(wanted).join(", ")}.`,
        this.#placeOf(path),
      );
    }
    for (const [name, one] of Object.entries(given)) {
      const type = wanted[name];
      const at = [...path, name];
      if (type === undefined) {
        throw problem(
          `${at.join(".")}: ${who} takes no ${name}.`,
          `It takes: ${Object.keys(wanted).join(", ")}.`,
          this.#placeOf(at),
        );
      }
      this.#wants(one, type, types, at);
    }
  }

  #wants(expression: Expression, wanted: FlowType, types: Types, path: Path): void {
    const why = misfit(this.#type(expression, types, path), wanted);
    if (why === undefined) return;
    throw problem(`${path.join(".")}: ${why}.`, "Connect it to a field of that type.", this.#placeOf(path));
  }

  #type(expression: Expression, types: Types, path: Path): FlowType {
    if (typeof expression === "string") {
      const template = parseTemplate(expression);
      const whole = wholeReference(template);
      if (whole !== undefined) return this.#reference(whole, types, path);
      for (const part of template.parts) if (typeof part !== "string") this.#reference(part, types, path);
      const isPlain = template.parts.every((part) => typeof part === "string");
      return isPlain ? { enum: [template.parts.join("")] } : "string";
    }
    if (typeof expression === "number") return Number.isInteger(expression) ? "integer" : "number";
    if (typeof expression === "boolean") return "boolean";
    if (expression === null) return "any";
    if (Array.isArray(expression)) {
      const items = expression.map((one, i) => this.#type(one, types, [...path, i]));
      return { list: items.length === 0 ? "any" : items.reduce(joined) };
    }
    return {
      object: Object.fromEntries(
        Object.entries(expression).map(([name, one]) => [name, this.#type(one, types, [...path, name])]),
      ),
    };
  }

  #reference([name, ...fields]: Reference, types: Types, path: Path): FlowType {
    let type = types[name];
    const place = (): Place | undefined => this.#placeOf(path);
    if (type === undefined) {
      throw problem(`${path.join(".")}: there is no \${${name}} here.`, known(Object.keys(types)), place());
    }
    for (const [depth, field] of fields.entries()) {
      if (type === "any") return "any";
      const said = [name, ...fields.slice(0, depth)].join(".");
      let next: FlowType | undefined;
      if (typeof type === "object" && "list" in type) next = /^\d+$/.test(field) ? type.list : undefined;
      else if (typeof type === "object" && "object" in type) next = type.object[field];
      if (next === undefined) {
        throw problem(`${path.join(".")}: \${${said}} has no ${field}.`, `It is ${typeText(type)}.`, place());
      }
      type = next;
    }
    return type;
  }

  #templates(path: Path, expression: Expression): void {
    try {
      referencesOf(expression);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw problem(`${path.join(".")}: ${error.message}`, "$${ stands for ${ itself.", this.#placeOf(path));
    }
  }

  #stepTemplates(step: Step, path: Path): void {
    try {
      for (const action of [step.action, ...step.ways.map((way) => way.action)]) referencesOfAction(action);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw problem(`${path.join(".")}: ${error.message}`, "$${ stands for ${ itself.", this.#placeOf(path));
    }
  }

  #unknown(what: string, name: string, all: Iterable<string>, path: Path) {
    const there = [...all];
    const hint = there.length === 0 ? `There is no ${what} yet.` : known(there);
    return problem(`${path.join(".")}: there is no ${what} ${name}.`, hint, this.#placeOf(path));
  }
}

/** A loop's state may change: what begins as one text may become another. */
function widened(type: FlowType): FlowType {
  return typeof type === "object" && "enum" in type && type.enum.length === 1 ? "string" : type;
}

function known(names: Iterable<string>): string {
  const all = [...names];
  return `There ${all.length === 1 ? "is" : "are"}: ${all.slice(0, 30).join(", ")}${all.length > 30 ? ", …" : ""}.`;
}
