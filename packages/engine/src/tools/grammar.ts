import type { ToolDefinition } from "../chat-template/types.ts";
import { type Constraint, grammarFor } from "../grammar/constraint.ts";
import { GrammarError } from "../grammar/errors.ts";
import { choice, type Expression, empty, literal, optional, repeat, rule, sequence } from "../grammar/expression.ts";
import { parseJsonSchema } from "../grammar/json-schema.ts";
import type { ToolSyntax } from "./syntax.ts";

/** Calls of one answer: a model that repeats itself ends. */
const MOST_CALLS = 32;

/** Whether tools must be called, may be, or one of them must. */
export type ToolChoice = "auto" | "required" | { readonly name: string };

/**
 * What an answer may be that can call tools: text, then calls whose arguments satisfy their tools' schemas. A schema that
 * can't be held to is replaced by "any object", unless its tool is declared `strict`.
 * @param answer what it must be when it calls none
 * @throws GrammarError
 */
export function toolConstraint(
  tools: readonly ToolDefinition[],
  syntax: ToolSyntax,
  toolChoice: ToolChoice,
  parallel: boolean,
  answer?: Constraint,
): Constraint {
  const rules = new Map<string, Expression>();
  const callable =
    typeof toolChoice === "string" ? tools : tools.filter((one) => one.function.name === toolChoice.name);
  const calls = callable.map((tool, i) => call(tool, syntax, `tool ${i}`, rules));
  rules.set("call", choice(...calls));
  const more =
    parallel && typeof toolChoice === "string"
      ? repeat(sequence(literal(syntax.between), rule("call")), 0, MOST_CALLS - 1)
      : empty;
  const all = sequence(literal(syntax.open + syntax.before), rule("call"), more, literal(syntax.after));
  // Where nothing opens the calls, their own beginning must not be mistaken for text.
  const opening = syntax.open === "" ? '{"name": "' : syntax.open;
  const text: Expression = { kind: "without", stops: [opening] };
  let root = all;
  if (toolChoice === "auto") {
    if (answer !== undefined) root = choice(adopt(grammarFor(answer), "answer", rules), all);
    else root = syntax.open === "" ? choice(text, all) : sequence(text, optional(all));
  }
  rules.set("root", root);
  const key = JSON.stringify([syntax.name, toolChoice, parallel, callable, answer]);
  return { kind: "grammar", grammar: { root: "root", rules }, key };
}

function call(tool: ToolDefinition, syntax: ToolSyntax, name: string, rules: Map<string, Expression>): Expression {
  const given = tool.function.parameters ?? { type: "object", properties: {}, additionalProperties: false };
  rules.set(name, argumentsOf(tool, given, name, rules));
  return sequence(
    literal(`{"name": ${JSON.stringify(tool.function.name)}, "${syntax.argumentsKey}": `),
    rule(name),
    literal("}"),
  );
}

function argumentsOf(tool: ToolDefinition, schema: unknown, name: string, rules: Map<string, Expression>): Expression {
  const strict = tool.function.strict === true;
  try {
    return adopt(parseJsonSchema(schema, { closed: strict }), name, rules);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    if (strict || error.code === "syntax") {
      throw new GrammarError(error.code, error.message, `the parameters of the tool \`${tool.function.name}\``);
    }
    return adopt(parseJsonSchema({ type: "object" }), name, rules);
  }
}

/** Takes a grammar's rules over under names of their own. */
function adopt(
  grammar: { readonly root: string; readonly rules: ReadonlyMap<string, Expression> },
  name: string,
  rules: Map<string, Expression>,
): Expression {
  const renamed = (one: string) => `${name} ${one}`;
  for (const [key, expression] of grammar.rules) rules.set(renamed(key), rename(expression, renamed));
  return rule(renamed(grammar.root));
}

function rename(expression: Expression, to: (name: string) => string): Expression {
  switch (expression.kind) {
    case "rule":
      return rule(to(expression.name));
    case "sequence":
    case "choice":
      return { ...expression, of: expression.of.map((one) => rename(one, to)) };
    case "repeat":
      return { ...expression, of: rename(expression.of, to) };
    default:
      return expression;
  }
}
