import { totalmem } from "node:os";
import type { OrganizationScope, PriceEntry } from "@tugboat/db";
import { runReport } from "@tugboat/tuning";
import { z } from "zod";
import { entryFor, versionAt } from "../domain/billing/price.ts";
import { lifeSentence } from "../domain/models/life.ts";
import type { ModelFacts } from "../domain/planner/cost-model.ts";

const priced = z.object({ report: runReport.pick({ prompt: true }).nullable() });

/** All that could answer: this machine's models and its upstreams'. */
export async function readModelFacts(
  scope: Pick<OrganizationScope, "id" | "models" | "modelLives" | "upstreams" | "priceBooks" | "tuningRuns">,
): Promise<ModelFacts[]> {
  const [models, upstreams, books, runs, lives] = await Promise.all([
    scope.models.list(),
    scope.upstreams.list(),
    scope.priceBooks.list(),
    scope.tuningRuns.list(),
    scope.modelLives.list(),
  ]);
  const prices: readonly PriceEntry[] = versionAt(books, new Date())?.prices ?? [];
  const room = totalmem() * 0.6;
  const taught = new Map(runs.flatMap(({ id, tunedModel }) => (tunedModel === null ? [] : [[tunedModel, id]])));
  const local = await Promise.all(
    models.map(async (model): Promise<ModelFacts> => {
      const [speed] = [...model.speeds].sort((a, b) => b.measuredAt.getTime() - a.measuredAt.getTime());
      const run = taught.get(model.name);
      return {
        name: model.name,
        kind: "model",
        parameters: model.parameters,
        contextLength: model.contextLength,
        prefillTps: speed?.prefillTokensPerSecond ?? null,
        decodeTps: speed?.decodeTokensPerSecond ?? null,
        price: entryFor(prices, model.name, model.name) ?? null,
        fits: model.bytes < room,
        tunedWith: run === undefined ? null : instructionOf(await scope.tuningRuns.get(run)),
      };
    }),
  );
  const elsewhere = upstreams
    .filter(({ enabled }) => enabled)
    .flatMap(({ extraModels, models: listed, name }) =>
      [...new Set([...listed, ...extraModels])].map((model): ModelFacts => {
        const whole = `${name}/${model}`;
        return {
          name: whole,
          kind: "upstream",
          parameters: null,
          contextLength: null,
          prefillTps: null,
          decodeTps: null,
          price: entryFor(prices, whole, whole) ?? null,
          fits: true,
          tunedWith: null,
        };
      }),
    );
  return [...local, ...elsewhere].map((facts) => {
    const life = lives.find(({ name, stage }) => name === facts.name && stage === "deprecated");
    const retired = life && lifeSentence(life);
    return retired === undefined ? facts : { ...facts, retired };
  });
}

/** The words before the text, by which a tuned model was taught. */
function instructionOf(run: unknown): string | null {
  const { data } = priced.safeParse(run);
  const prompt = data?.report?.prompt;
  const end = prompt?.indexOf("\nText: {{text}}") ?? -1;
  return prompt === undefined || end < 0 ? null : prompt.slice(0, end);
}
