import { z } from "zod";

const modelTarget = z.object({ kind: z.literal("model"), model: z.string().min(1).max(128) });
const upstreamTarget = z.object({
  kind: z.literal("upstream"),
  upstreamId: z.uuid(),
  /** As the upstream calls it. */
  model: z.string().min(1).max(256),
});

/** What an alias can point to: a model that is served here, or one of an upstream. */
export const aliasTarget = z.discriminatedUnion("kind", [modelTarget, upstreamTarget]);
export type AliasTarget = Readonly<z.output<typeof aliasTarget>>;

const sharedTarget = z.object({ target: aliasTarget, share: z.int().min(1).max(100) });

/** Where an alias's requests go. */
export interface AliasPlan {
  /** Shares are whole percents and sum to 100. */
  readonly split: readonly { readonly target: AliasTarget; readonly share: number }[];
  /** Tried in this order when the one that was chosen is down. */
  readonly failover: readonly AliasTarget[];
}

export const aliasPlan = z
  .object({
    split: z.array(sharedTarget).min(1, "An alias points to something.").max(16),
    failover: z.array(aliasTarget).max(8),
  })
  .refine(({ split }) => split.length === 0 || split.reduce((sum, { share }) => sum + share, 0) === 100, {
    path: ["split"],
    message: "The shares must sum to 100 %.",
  })
  .refine(({ split }) => distinct(split.map(({ target }) => target)), {
    path: ["split"],
    message: "The same target is named twice.",
  })
  .refine(({ failover }) => distinct(failover), { path: ["failover"], message: "The same target is named twice." });

/** The same text for the same target. */
export function targetKey(target: AliasTarget): string {
  return target.kind === "model" ? `model:${target.model}` : `upstream:${target.upstreamId}:${target.model}`;
}

export function targetsOf({ split, failover }: AliasPlan): AliasTarget[] {
  return [...split.map(({ target }) => target), ...failover];
}

function distinct(targets: readonly AliasTarget[]): boolean {
  return new Set(targets.map(targetKey)).size === targets.length;
}
