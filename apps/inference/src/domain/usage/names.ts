import type { OrganizationScope } from "@tugboat/db";
import type { UsageGroup } from "./report.ts";

/** What people call the groups of a report: names of keys, projects and people by their ids. */
export async function groupNames(
  by: UsageGroup,
  ids: readonly (string | null)[],
  scope: OrganizationScope,
  people: (ids: string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<(id: string | null) => string> {
  const known = ids.filter((id) => id !== null);
  if (by === "key") {
    const names = new Map((await scope.keys.list()).map(({ id, name }) => [id, name]));
    return (id) => (id === null ? "Console" : (names.get(id) ?? `Key ${id.slice(0, 8)}`));
  }
  if (by === "project") {
    const names = new Map((await scope.projects.list({ archived: true })).map(({ id, name }) => [id, name]));
    return (id) => (id === null ? "Console" : (names.get(id) ?? `Project ${id.slice(0, 8)}`));
  }
  if (by === "user") {
    const names = await people(known);
    return (id) => (id === null ? "API keys" : (names.get(id) ?? `User ${id.slice(0, 8)}`));
  }
  return (id) => id ?? "–";
}
