import type { AliasInfo, AliasTarget, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { EvaluationError } from "../evaluations/config.ts";
import { checkGuards } from "../evaluations/guard.ts";
import { startEvaluation } from "../evaluations/start.ts";

/** What became of an alias of a deprecated model. */
export interface Followed {
  readonly alias: string;
  readonly did: string;
}

const startedSetting = "models.follow";

/**
 * Points aliases of a deprecated model to its successor: those that have a guard, once an evaluation on the guard's dataset
 * has shown that the successor is no worse. Where none has compared the two yet, one is begun; an alias without a guard
 * waits for a person, and so does one that splits its requests.
 */
export async function followSuccessors(scope: OrganizationScope): Promise<Followed[]> {
  const lives = (await scope.modelLives.list()).filter(({ stage, successor }) => stage === "deprecated" && successor);
  if (lives.length === 0) return [];
  const done: Followed[] = [];
  const upstreams = await scope.upstreams.list();
  const nameOf = (target: AliasTarget) =>
    target.kind === "model"
      ? target.model
      : `${upstreams.find(({ id }) => id === target.upstreamId)?.name ?? "?"}/${target.model}`;
  for (const alias of await scope.aliases.list()) {
    const [only, ...others] = alias.current.split;
    const now = only && nameOf(only.target);
    const life = lives.find(({ name }) => name === now);
    const next = life?.successor;
    if (now === undefined || next == null || others.length > 0) continue;
    const guards = await scope.guards.list(alias.name);
    if (guards.length === 0) continue;
    const target = await targetOf(scope, next, upstreams);
    if (target === undefined) continue;
    const did = await follow(scope, alias, { now, next, target });
    if (did !== undefined) done.push({ alias: alias.name, did });
  }
  return done;
}

async function targetOf(
  scope: OrganizationScope,
  name: string,
  upstreams: Awaited<ReturnType<OrganizationScope["upstreams"]["list"]>>,
): Promise<AliasTarget | undefined> {
  if ((await scope.models.get(name)) !== null) return { kind: "model", model: name };
  const slash = name.indexOf("/");
  const upstream = upstreams.find((one) => one.name === name.slice(0, slash));
  return slash < 0 || upstream === undefined
    ? undefined
    : { kind: "upstream", upstreamId: upstream.id, model: name.slice(slash + 1) };
}

async function follow(
  scope: OrganizationScope,
  alias: AliasInfo,
  { next, now, target }: { readonly now: string; readonly next: string; readonly target: AliasTarget },
): Promise<string | undefined> {
  try {
    await checkGuards(scope, { subject: alias.name, next, now });
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return compare(scope, alias.name, now, next);
  }
  await scope.transaction(async (tx) => {
    const { failover } = alias.current;
    const plan = { split: [{ target, share: 100 }], failover };
    const note = `${now} is deprecated; ${next} was no worse`;
    await tx.aliases.move(alias.id, { plan, note, createdBy: "system" }, alias.updatedAt);
    await tx.audit.append({
      actor: "system",
      action: "aliases.move",
      subject: alias.id,
      before: { now },
      after: { next, note },
    });
  });
  return `points to ${next} now, which replaces ${now} and was no worse`;
}

/** Begins the evaluations that the guards ask for, each pair once. */
async function compare(
  scope: OrganizationScope,
  alias: string,
  now: string,
  next: string,
): Promise<string | undefined> {
  const key = `${startedSetting}:${alias}`.slice(0, 200);
  const begun = (await scope.settings.get(key, z.string())) ?? "";
  const pair = `${now} → ${next}`;
  if (begun === pair) return undefined;
  return scope.transaction(async (tx) => {
    for (const { dataset, evaluator } of await tx.guards.list(alias)) {
      const candidate = (model: string) => ({ name: model, model, temperature: 0, maxTokens: 256 });
      await startEvaluation(tx, {
        name: `${alias}: ${pair}`,
        dataset,
        candidates: [candidate(now), candidate(next)],
        evaluators: [evaluator],
        split: null,
        limit: null,
        stopEarly: false,
        actor: "system",
      });
    }
    await tx.settings.set(key, pair);
    return `waits for an evaluation of ${next} against ${now}`;
  });
}
