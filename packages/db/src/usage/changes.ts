import type { Db } from "../client.ts";
import type { UsageRange } from "./queries.ts";

export const servingChangeKinds = ["alias", "task", "prompt"] as const;

/** A change of what answers: an alias that moved, a plan that was shipped, a prompt's label that moved. */
export interface ServingChange {
  readonly at: Date;
  readonly kind: (typeof servingChangeKinds)[number];
  readonly name: string;
  /** What changed, in words: `version 3`, `plan 7 to 100 %`, `production: version 4`. */
  readonly what: string;
}

/** The newest changes within a range, at most 50 of them, in their order. */
export async function servingChanges(
  db: Db,
  organizationId: string,
  { from, to }: UsageRange,
): Promise<ServingChange[]> {
  const rows = await db.$queryRaw<{ at: Date; kind: string; name: string; what: string }[]>`
    SELECT * FROM (
      SELECT v.created_at AS at, 'alias' AS kind, a.name,
             'version ' || v.number || CASE WHEN v.restores IS NULL THEN '' ELSE ', back to version ' || v.restores END AS what
        FROM alias_version v JOIN alias a ON a.id = v.alias_id AND a.organization_id = v.organization_id
       WHERE v.organization_id = ${organizationId}::uuid AND v.created_at >= ${from} AND v.created_at < ${to}
      UNION ALL
      SELECT r.created_at, 'task', t.name, 'plan ' || r.plan || ' to ' || r.share || ' %'
        FROM task_release r JOIN task t ON t.id = r.task_id AND t.organization_id = r.organization_id
       WHERE r.organization_id = ${organizationId}::uuid AND r.created_at >= ${from} AND r.created_at < ${to}
      UNION ALL
      SELECT coalesce(m.decided_at, m.created_at), 'prompt', p.name, m.label || ': version ' || m.to_number
        FROM prompt_label_move m JOIN prompt p ON p.id = m.prompt_id AND p.organization_id = m.organization_id
       WHERE m.organization_id = ${organizationId}::uuid AND m.state = 'done'
         AND coalesce(m.decided_at, m.created_at) >= ${from} AND coalesce(m.decided_at, m.created_at) < ${to}
    ) AS changes ORDER BY at DESC LIMIT 50`;
  return rows
    .map(({ kind, ...rest }) => ({ ...rest, kind: servingChangeKinds.find((one) => one === kind) ?? "alias" }))
    .reverse();
}
