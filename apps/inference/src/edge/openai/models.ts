import { Hono } from "hono";
import type { LocalModelBody, ModelBody, ModelListBody } from "../../client.ts";
import type { CatalogEntry } from "../../domain/models/catalog.ts";
import type { DeploymentStatus } from "../../workers/deployment.ts";
import { answererOf, mayName, mayUseRoute, organizationOf } from "../access.ts";
import type { ModelCaller } from "../trpc/context.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { namesOf } from "./names.ts";

export function modelRoutes({ catalog, pool, routing }: EdgeServices): Edge {
  const routed = async (caller: ModelCaller | undefined): Promise<ModelBody[]> => {
    const organizationId = organizationOf(caller);
    if (caller === undefined || organizationId === undefined || routing === undefined) return [];
    const named = namesOf(await routing.routes.directory(organizationId), routing.upstreams);
    return named.filter(({ route }) => mayUseRoute(caller, route)).map(({ body }) => body);
  };
  const app = new Hono<EdgeVariables>();

  app.get("/", async (c) => {
    const statuses = new Map(pool.statuses().map((status) => [status.model, status]));
    const defaultName = await catalog.defaultName();
    const { caller } = c.get("call");
    const organizationId = organizationOf(caller);
    const visible = (await catalog.of(organizationId).list()).filter(({ name }) => mayName(caller, name));
    const local: ModelBody[] = [];
    for (const model of visible) {
      local.push(modelBody(model, statuses.get(await catalog.servedBy(organizationId, model)), defaultName));
    }
    const data = [...local, ...(await routed(caller))];
    return c.json({ object: "list", data } satisfies ModelListBody);
  });

  app.get("/:id{.+}", async (c) => {
    const name = c.req.param("id");
    const { caller } = c.get("call");
    const other = (await routed(caller)).find(({ id }) => id === name);
    if (other !== undefined) return c.json(other);
    const { model } = await answererOf(caller, catalog, name, "by-name");
    const worker = await catalog.servedBy(organizationOf(caller), model);
    const status = pool.statuses().find((one) => one.model === worker);
    return c.json(modelBody(model, status, await catalog.defaultName()));
  });
  return app;
}

function modelBody(
  model: CatalogEntry,
  status: DeploymentStatus | undefined,
  defaultName: string | undefined,
): LocalModelBody {
  const { addedAt, architecture, base, bytes, contextLength, licence, name, parameters, quantisation } = model;
  return {
    id: name,
    object: "model",
    created: Math.floor(addedAt.getTime() / 1000),
    owned_by: "tugboat",
    tugboat: {
      kind: "model",
      state: status?.state ?? "idle",
      architecture,
      parameters,
      contextLength,
      quantisation,
      ...(typeof base === "string" && { base }),
      bytes,
      licence,
      isDefault: name === defaultName,
      ...(status?.info && { chat: status.info.hasChatTemplate }),
    },
  };
}
