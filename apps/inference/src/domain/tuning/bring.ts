import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Models, NewModel, OrganizationScope } from "@tugboat/db";
import { defaultConfig, type RunReport, runSummary } from "@tugboat/tuning";
import { slugOf } from "./start.ts";

/** What a browser trained, as it comes: its texts stayed there. */
export interface BroughtRun {
  readonly name: string;
  readonly model: string;
  readonly minutes: number;
  readonly mayForget: number;
  readonly report: RunReport;
}

/** Where a run's checkpoints and results lie. */
export function tuningFolder(home: string, organizationId: string, run: string): string {
  return join(home, "tuning", organizationId, run);
}

/** `<base>-<name>`, with a number where that is taken. */
export async function freeName(scope: OrganizationScope, base: string, name: string): Promise<string> {
  const wanted = `${base}-${name}`.slice(0, 110);
  const taken = new Set([
    ...(await scope.models.list()).map((model) => model.name),
    ...(await scope.aliases.list()).map((alias) => alias.name),
  ]);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Finds out what the catalog must know of an adapter's folder, reading it as serving it would. @throws CatalogError */
type Prepare = (
  folder: string,
  options: { readonly name: string; readonly base: string; readonly models: Pick<Models, "get"> },
) => Promise<NewModel>;

/**
 * Writes an adapter that a browser trained where those of runs lie. Its folder is gone again where it is none of the model.
 * @param weights the file of its weights, as it came
 * @throws CatalogError
 */
export async function keepBrought(
  scope: OrganizationScope,
  place: { readonly home: string; readonly prepare: Prepare },
  brought: Pick<BroughtRun, "model" | "name">,
  { config, weights }: { readonly config: Readonly<Record<string, unknown>>; readonly weights: string },
): Promise<NewModel> {
  const run = tuningFolder(place.home, scope.id, `browser-${randomUUID()}`);
  const folder = join(run, "adapter");
  try {
    await mkdir(folder, { recursive: true });
    await copyFile(weights, join(folder, "adapter_model.safetensors"));
    await writeFile(join(folder, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
    const name = await freeName(scope, brought.model, slugOf(brought.name));
    return await place.prepare(folder, { name, base: brought.model, models: scope.models });
  } catch (error) {
    await rm(run, { recursive: true, force: true });
    throw error;
  }
}

/** Lists it among the runs, done, with its report. @returns its id */
export async function recordBrought(
  scope: OrganizationScope,
  { mayForget, minutes, model, name, report }: BroughtRun,
  tuned: NewModel,
  actor: string,
): Promise<string> {
  const run = await scope.tuningRuns.create({
    name: slugOf(name),
    model,
    minutes,
    config: { ...defaultConfig, where: "browser", mayForget },
    samples: [],
    createdBy: actor,
  });
  await scope.tuningRuns.finish(run.id, {
    report: { ...report, adapter: tuned.sourcePath },
    summary: runSummary.parse(report),
    tunedModel: tuned.name,
  });
  return run.id;
}
