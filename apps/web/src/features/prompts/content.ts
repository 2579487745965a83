import type { Content, Variable } from "./types.ts";

/** `{{name}}`; spaces inside the braces are allowed. */
const placeholder = /\{\{\s*([\p{L}_][\p{L}\p{N}_.-]{0,63})\s*\}\}/gu;

/** The variables of messages: those that are declared keep their types, new ones are texts, those that are gone go. */
export function withVariables(content: Content): Content {
  const names = new Set<string>();
  for (const { content: text } of content.messages) {
    for (const [, name] of text.matchAll(placeholder)) if (name) names.add(name);
  }
  const variables = [...names].map(
    (name): Variable =>
      content.variables.find((one) => one.name === name) ?? { name, type: "text", description: "", required: true },
  );
  return { ...content, variables };
}

export function emptyContent(model: string): Content {
  return {
    model,
    messages: [
      { role: "system", content: "" },
      { role: "user", content: "" },
    ],
    variables: [],
    tools: [],
    parameters: {},
    output: null,
  };
}

/** A version as text, so that two can be compared line by line. */
export function asText({ messages, model, output, parameters, tools, variables }: Content): string {
  const parts = [
    `model: ${model}`,
    ...messages.map(({ content, role }) => `— ${role} —\n${content}`),
    ...variables.map(({ name, options, required, type }) => {
      const choices = options ? ` (${options.join(", ")})` : "";
      return `variable ${name}: ${type}${choices}${required ? "" : ", may be missing"}`;
    }),
    ...Object.entries(parameters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(tools.length > 0 ? [`tools: ${JSON.stringify(tools, null, 2)}`] : []),
    ...(output ? [`output: ${JSON.stringify(output, null, 2)}`] : []),
  ];
  return `${parts.join("\n")}\n`;
}

/** A value of a variable as a person would try it. */
export function sampleOf({ name, options, type }: Variable): unknown {
  if (type === "number" || type === "integer") return 1;
  if (type === "boolean") return true;
  if (type === "json") return {};
  return options?.[0] ?? `a ${name}`;
}
