import type { AliasTarget } from "@tugboat/db";
import type { RoutedModelBody } from "../../client.ts";
import type { Directory } from "../../routing/routes.ts";
import type { Route, UpstreamEntry } from "../../routing/target.ts";
import type { Upstreams } from "../../upstreams/health.ts";

/** The names of an organization that lead elsewhere, as `/v1/models` lists them: aliases, then models of upstreams. */
export function namesOf(
  { aliases, upstreams, upstreamsById }: Directory,
  health: Upstreams,
): { route: Route; body: RoutedModelBody }[] {
  const isUp = (upstream: UpstreamEntry | undefined) =>
    upstream?.enabled === true && upstream.problem === undefined && health.health(upstream.id).phase !== "open";
  const isTargetUp = (target: AliasTarget) => target.kind === "model" || isUp(upstreamsById.get(target.upstreamId));
  const nameOf = (target: AliasTarget) =>
    target.kind === "model" ? target.model : `${upstreamsById.get(target.upstreamId)?.name ?? "?"}/${target.model}`;
  return [
    ...[...aliases.values()].map(({ current: { failover, number, split }, createdAt, id, name }) => ({
      route: { requested: name, alias: { id, name, version: number }, targets: [] },
      body: body(name, createdAt, "tugboat", {
        kind: "alias",
        state: [...split.map(({ target }) => target), ...failover].some(isTargetUp) ? "ready" : "failed",
        targets: split.map(({ share, target }) => ({ name: nameOf(target), share })).sort((a, b) => b.share - a.share),
      }),
    })),
    ...[...upstreams.values()].flatMap((upstream) =>
      upstream.enabled
        ? [...upstream.models].map((model) => ({
            route: {
              requested: `${upstream.name}/${model}`,
              targets: [{ kind: "upstream" as const, upstream, model }],
            },
            body: body(`${upstream.name}/${model}`, upstream.createdAt, upstream.name, {
              kind: "upstream",
              state: isUp(upstream) ? "ready" : "failed",
            }),
          }))
        : [],
    ),
  ];
}

function body(id: string, createdAt: Date, owner: string, tugboat: RoutedModelBody["tugboat"]): RoutedModelBody {
  return { id, object: "model", created: Math.floor(createdAt.getTime() / 1000), owned_by: owner, tugboat };
}
