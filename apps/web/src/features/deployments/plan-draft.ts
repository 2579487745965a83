import type { AliasVersion, Choice, Plan, PlanTarget, Target } from "./types.ts";

/** Where an alias is to point, as the form holds it. */
export interface PlanDraft {
  /** Key of the target that serves. */
  readonly main: string;
  /** Key of a second one that gets a share of the users; "" for none. */
  readonly canary: string;
  /** In percent, 1 to 99. */
  readonly share: number;
  /** Key of the one that answers when the chosen one is down; "" for none. */
  readonly failover: string;
}

export function keyOf({ kind, model, ...rest }: PlanTarget | Target): string {
  const upstream = "upstreamId" in rest ? rest.upstreamId : null;
  return kind === "model" ? `model:${model}` : `upstream:${upstream}:${model}`;
}

export function draftOf(version: Pick<AliasVersion, "split" | "failover">): PlanDraft {
  const [main, canary] = version.split.toSorted((a, b) => b.share - a.share);
  const [failover] = version.failover;
  return {
    main: main ? keyOf(main.target) : "",
    canary: canary ? keyOf(canary.target) : "",
    share: canary?.share ?? 10,
    failover: failover ? keyOf(failover) : "",
  };
}

/** What the form can't show: it would be lost by saving. */
export function isBeyondForm(version: Pick<AliasVersion, "split" | "failover">): boolean {
  return version.split.length > 2 || version.failover.length > 1;
}

/** @returns undefined when it does not point anywhere yet */
export function planOf({ canary, failover, main, share }: PlanDraft, choices: readonly Choice[]): Plan | undefined {
  const find = (key: string) => choices.find((choice) => choice.key === key)?.target;
  const first = find(main);
  const second = find(canary);
  const last = find(failover);
  if (first === undefined) return undefined;
  return {
    split:
      second === undefined || canary === main
        ? [{ target: first, share: 100 }]
        : [
            { target: first, share: 100 - share },
            { target: second, share },
          ],
    failover: last === undefined ? [] : [last],
  };
}

export interface Change {
  readonly name: string;
  /** In percent. */
  readonly before: number;
  readonly after: number;
}

/** Whose share changes, in the order of what they have afterwards; without those for whom nothing changes. */
export function changesOf(
  before: Pick<AliasVersion, "split"> | undefined,
  after: Plan | undefined,
  choices: readonly Choice[],
): Change[] {
  const changes = new Map<string, { name: string; before: number; after: number }>();
  for (const { share, target } of before?.split ?? []) {
    changes.set(keyOf(target), { name: target.name, before: share, after: 0 });
  }
  for (const { share, target } of after?.split ?? []) {
    const key = keyOf(target);
    const name = choices.find((choice) => choice.key === key)?.name ?? key;
    changes.set(key, { name, before: changes.get(key)?.before ?? 0, after: share });
  }
  return [...changes.values()]
    .filter((change) => change.before !== change.after)
    .sort((a, b) => b.after - a.after || b.before - a.before);
}
