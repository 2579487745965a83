import type { Drafted } from "./types.ts";

/** What a person said in the form. */
export interface Draft {
  readonly name: string;
  readonly instruction: string;
  /** From 0, which requires nothing, to 1. */
  readonly quality: number;
  /** 0 requires nothing. */
  readonly latencyMs: number;
  /** In dollars for 1,000 requests; empty requires nothing. */
  readonly cost: string;
  readonly prefer: string;
  /** `accuracy`, `overlap`, or an evaluator's name. */
  readonly measure: string;
}

/** The document that the form stands for. JSON is YAML: what a person typed is quoted by it. */
export function draftYaml(
  { cost, instruction, latencyMs, measure, name, prefer, quality }: Draft,
  { input, output }: Pick<Drafted, "input" | "output">,
  examples: string,
): string {
  const required = [
    ...(quality > 0 ? [`${measure}: ">= ${quality}"`] : []),
    ...(latencyMs > 0 ? [`latency_p95: "<= ${latencyMs}ms"`] : []),
    ...(cost.trim() === "" ? [] : [`cost_per_1k: ${JSON.stringify(`<= ${cost.trim()} USD`)}`]),
  ];
  return [
    `task: ${name}`,
    `instruction: ${JSON.stringify(instruction)}`,
    `input: ${flow(input)}`,
    `output: ${flow(output)}`,
    `examples: ${JSON.stringify(examples)}`,
    `measure: ${measure}`,
    ...(required.length === 0 ? [] : [`require: { ${required.join(", ")} }`]),
    `prefer: ${prefer}`,
    "",
  ].join("\n");
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, one]) => `${name}: ${flow(one)}`)
      .join(", ")} }`;
  }
  const text = String(value);
  return /^[A-Za-z][\w -]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
