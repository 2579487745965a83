import type { Json, OrganizationScope } from "@tugboat/db";
import type { Answer } from "../domain/asking/answer.ts";
import type { Ask } from "../domain/asking/ask.ts";
import { askPatiently } from "../domain/asking/patiently.ts";
import type { DocumentSearch } from "../domain/documents/search.ts";
import { callIsolated } from "../domain/evaluators/isolate.ts";
import { flowJsonSchema } from "../domain/flows/types.ts";
import { StepFailure } from "./errors.ts";
import { type FilledAction, shortened } from "./fill-action.ts";
import { callHttp, typed } from "./http-tool.ts";
import { callMcp } from "./mcp-tool.ts";
import type { Made, RunAction } from "./run-flow.ts";

export interface FlowTools {
  readonly scope: OrganizationScope;
  readonly ask: Ask;
  readonly documents: DocumentSearch;
  /** What the steps are part of: a run's id. */
  readonly subject: string;
  /** Whether somebody waits for the run. */
  readonly isAwaited: boolean;
  /** In whose name models are asked; null: the organization's own. */
  readonly apiKeyId: string | null;
  readonly userId: string | null;
}

type StepCall = Parameters<RunAction>[1];

const hints: Readonly<Record<string, string>> = {
  budget_exceeded: "Raise the budget, or wait for its next month.",
  context_length_exceeded: "Give it less, or say too_long: cut.",
};

const codeBytes = 64 * 2 ** 20;

/** Does what a step says with models, documents and tools. */
export function actionRunner(tools: FlowTools): RunAction {
  return (action, step) => {
    switch (action.kind) {
      case "http":
        return callHttp(action, step);
      case "mcp":
        return callMcp(action, step);
      case "code":
        return runStepCode(action);
      case "retrieve":
        return retrieve(tools, action, step.signal);
      case "task":
        return asked(tools, step, bodyOf(action.input, `task:${action.task}`), (text) => ({
          output: jsonOf(text, `The task ${action.task}`),
        }));
      case "prompt": {
        const body = {
          model: `prompt:${action.prompt}`,
          messages: [],
          variables: action.variables,
          max_tokens: action.maxTokens,
        };
        return asked(tools, step, body, (text) => ({ output: { text } }));
      }
      case "model":
        return askModel(tools, step, action);
      case "approve":
        throw new Error("a person's step is not run");
    }
  };
}

/** Asks again with less where the prompt is too long for the model and the step says that it may be cut. */
async function askModel(tools: FlowTools, step: StepCall, action: FilledAction & { kind: "model" }): Promise<Made> {
  const read = (text: string) => ({
    output:
      action.output === null
        ? { text }
        : typed(jsonOf(text, action.model), { object: action.output }, `The answer of ${action.model}`),
  });
  for (let { pieces, prompt } = action; ; prompt = pieces.map(({ text }) => text).join("")) {
    try {
      return await asked(tools, step, modelBody({ ...action, prompt }), read);
    } catch (error) {
      if (!(error instanceof StepFailure) || error.refusal !== "context_length_exceeded") throw error;
      const shorter = action.tooLong === "cut" ? shortened(pieces) : undefined;
      if (shorter === undefined) throw error;
      pieces = shorter;
    }
  }
}

function bodyOf(input: { readonly [name: string]: Json }, model: string) {
  return { model, messages: [{ role: "user", content: JSON.stringify(input) }] };
}

export function modelBody(action: FilledAction & { kind: "model" }) {
  const { maxTokens, model, output, prompt, system, temperature } = action;
  const schema = { name: "output", strict: true, schema: output === null ? {} : flowJsonSchema({ object: output }) };
  return {
    model,
    max_tokens: maxTokens,
    temperature,
    messages: [...(system === null ? [] : [{ role: "system", content: system }]), { role: "user", content: prompt }],
    ...(output !== null && { response_format: { type: "json_schema", json_schema: schema } }),
  };
}

async function asked(
  { apiKeyId, ask, isAwaited, scope, subject, userId }: FlowTools,
  { callId, signal }: StepCall,
  body: object,
  read: (text: string) => { readonly output: Json },
): Promise<Made> {
  const answer: Answer = await askPatiently(ask, {
    organizationId: scope.id,
    work: { kind: "flow", subject, isAwaited },
    endpoint: "/v1/chat/completions",
    body,
    id: callId,
    userId,
    apiKeyId,
    signal,
  });
  if (!answer.ok) {
    const hint = hints[answer.code] ?? "Look at the step's model and what it is asked.";
    throw new StepFailure(answer.message, hint, { again: answer.again, refusal: answer.code });
  }
  const { costMicroUsd, usage } = answer;
  return { ...read(answer.text), costMicroUsd, ...usage };
}

function jsonOf(text: string, whose: string): Json {
  try {
    return typed(JSON.parse(text), "any", whose);
  } catch {
    throw new StepFailure(`${whose} answered no JSON: ${text.slice(0, 100)}.`, "Give it more max_tokens.", {
      again: true,
    });
  }
}

async function runStepCode(action: FilledAction & { kind: "code" }): Promise<Made> {
  const result = await callIsolated(action.code, "run", [action.with], { milliseconds: 2000, bytes: codeBytes });
  if (!result.ok) throw new StepFailure(result.reason, "Look at the step's code.", { again: false });
  return { output: typed(result.value, { object: action.output }, "What the code gave") };
}

async function retrieve(
  { documents, scope }: FlowTools,
  { by, collection, query, top }: FilledAction & { kind: "retrieve" },
  signal: AbortSignal,
): Promise<Made> {
  const found = await documents.search(scope, collection, { query, by, top, signal });
  return {
    output: {
      passages: found.passages.map(({ document, fromLine, heading, score, source, text, toLine }) => ({
        document,
        heading,
        text,
        from_line: fromLine,
        to_line: toLine,
        source,
        score,
      })),
    },
    inputTokens: found.inputTokens,
    costMicroUsd: found.costMicroUsd,
  };
}
