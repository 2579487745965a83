import type { LifeStage, ModelLife, OrganizationScope } from "@tugboat/db";
import { CatalogError } from "./errors.ts";
import { successorsOf } from "./life.ts";

export interface SaidLife {
  readonly name: string;
  readonly stage: LifeStage;
  readonly sunsetAt: Date | null;
  readonly successor: string | null;
  readonly note: string;
}

/**
 * Says where a model stands in its life. The day since which it is deprecated stays what it was.
 * @throws CatalogError for a name that is no model, or successors that lead in a circle
 */
export async function setLife(
  scope: OrganizationScope,
  { name, note, stage, successor, sunsetAt }: SaidLife,
): Promise<{ readonly before: ModelLife | null; readonly life: ModelLife }> {
  await mustBeThere(scope, name);
  if (successor !== null) await mustBeThere(scope, successor);
  const lives = await scope.modelLives.list();
  const before = lives.find((one) => one.name === name) ?? null;
  const others = [...lives.filter((one) => one.name !== name), { name, successor }];
  if (successorsOf(name, others) === undefined) {
    throw new CatalogError("bad-name", `${successor} is replaced by ${name} itself, in a circle.`, {
      hint: "Choose another successor.",
    });
  }
  const isDeprecated = stage === "deprecated";
  const life = await scope.modelLives.set(name, {
    ...{ stage, note, successor: isDeprecated ? successor : null, sunsetAt: isDeprecated ? sunsetAt : null },
    deprecatedAt: isDeprecated ? (before?.deprecatedAt ?? new Date()) : null,
  });
  return { before, life };
}

async function mustBeThere(scope: OrganizationScope, name: string): Promise<void> {
  if ((await scope.models.get(name)) !== null) return;
  const slash = name.indexOf("/");
  const upstream =
    slash < 0 ? undefined : (await scope.upstreams.list()).find((one) => one.name === name.slice(0, slash));
  const model = name.slice(slash + 1);
  if (upstream !== undefined && [...upstream.models, ...upstream.extraModels].includes(model)) return;
  throw new CatalogError("not-found", `There is no model ${name}.`, { hint: "The list of models shows them." });
}
