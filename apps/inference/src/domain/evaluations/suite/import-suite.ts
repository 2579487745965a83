import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { contentDigest, promptContent } from "../../prompts/content.ts";
import { type Candidate, EvaluationError } from "../config.ts";
import { startEvaluation } from "../start.ts";
import { readSuite, slug } from "./read-suite.ts";

export interface SuiteImport {
  readonly text: string;
  /** Of the dataset, the evaluator and the evaluation; by default the suite's own. */
  readonly name: string | undefined;
  /** Which model stands for each provider; one that the API serves by that very name needs none. */
  readonly models: Readonly<Record<string, string>>;
  /** Judges rubrics. */
  readonly judge: string | undefined;
  readonly actor: string;
}

/**
 * Makes of a suite a dataset, prompts and an evaluator, and begins the evaluation of every prompt on every provider.
 * What is there by the same name gets a new version.
 * @throws EvaluationError; DatabaseError
 */
export async function importSuite(scope: OrganizationScope, { actor, judge, models, name, text }: SuiteImport) {
  const served = await servedNames(scope);
  const grader = judge ?? served[0];
  if (grader === undefined) throw new EvaluationError("not-ready", "No model is served here.", "Add one first.");
  const suite = readSuite(text, { judge: grader });
  const called = name === undefined ? suite.name : slug(name);
  const providers = suite.providers.map((one) => ({ ...one, model: models[one.id] ?? modelFor(one.id, served) }));
  const unknown = providers.find(({ model }) => model === undefined);
  if (unknown !== undefined) {
    throw new EvaluationError(
      "invalid",
      `No model here is called ${unknown.id}.`,
      `Say which one stands for it: --model ${unknown.id}=${served[0] ?? "tug-small"}.`,
    );
  }
  const dataset = await datasetOf(scope, called, suite, actor);
  await keepEvaluator(scope, called, suite.spec, actor);
  // One after another: each is a step of the same transaction.
  const prompts: string[] = [];
  for (const one of suite.prompts) prompts.push(await keepPrompt(scope, one, providers[0]?.model ?? grader, actor));
  const candidates = prompts.flatMap((prompt) =>
    providers.map(
      ({ label, maxTokens, model, temperature }): Candidate => ({
        name: suite.prompts.length === 1 ? label : providers.length === 1 ? prompt : `${prompt} on ${label}`,
        model: model ?? "",
        prompt,
        maxTokens: Math.min(8192, maxTokens),
        temperature,
      }),
    ),
  );
  const started = await startEvaluation(scope, {
    name: called,
    dataset,
    candidates,
    evaluators: [called],
    split: null,
    limit: null,
    stopEarly: false,
    actor,
  });
  return { ...started, dataset, prompts, evaluator: called, notSupported: suite.notSupported };
}

/** Every name that stands for a model here. */
export async function servedNames(scope: OrganizationScope): Promise<string[]> {
  const [aliases, models] = await Promise.all([scope.aliases.list(), scope.models.list()]);
  return [...models.map((one) => one.name), ...aliases.map((one) => one.name)];
}

/** A provider is called `openai:chat:name`; what stands behind the last colon may be served here. */
export function modelFor(provider: string, served: readonly string[]): string | undefined {
  const last = provider.slice(provider.lastIndexOf(":") + 1);
  return served.find((one) => one === provider) ?? served.find((one) => one === last);
}

async function datasetOf(
  scope: OrganizationScope,
  name: string,
  { examples }: ReturnType<typeof readSuite>,
  createdBy: string,
): Promise<string> {
  const known = (await scope.datasets.list()).find((one) => one.name === name);
  const { id } =
    known ?? (await scope.datasets.create({ name, description: "Imported from a suite of tests", createdBy }));
  const { version } = await scope.datasets.replace(id, examples, { createdBy, note: "The suite's tests" });
  return `${name}@${version.number}`;
}

async function keepEvaluator(
  scope: OrganizationScope,
  name: string,
  spec: ReturnType<typeof readSuite>["spec"],
  createdBy: string,
): Promise<void> {
  const kept = z.json().parse(spec) ?? {};
  const description = "The assertions of an imported suite";
  const known = (await scope.evaluators.list()).find((one) => one.name === name);
  if (known === undefined) await scope.evaluators.create({ name, description, spec: kept, createdBy });
  else await scope.evaluators.update(known.id, { description: known.description, spec: kept }, known.updatedAt);
}

/** @returns `name@3` */
async function keepPrompt(
  scope: OrganizationScope,
  { content: given, name }: ReturnType<typeof readSuite>["prompts"][number],
  model: string,
  createdBy: string,
): Promise<string> {
  const content = promptContent.parse({ ...given, model });
  const [project] = await scope.projects.list();
  const known = (await scope.prompts.list()).find((one) => one.name === name);
  const { id, latest } =
    known ??
    (await scope.prompts.create({
      name,
      description: "Imported from a suite of tests",
      projectId: project?.id ?? "",
      createdBy,
    }));
  const { version } = await scope.prompts.publish(id, {
    content: z.json().parse(content) ?? {},
    digest: contentDigest(content),
    note: "From a suite",
    createdBy,
    seen: latest,
  });
  return `${name}@${version.number}`;
}
