import { Hono } from "hono";
import type { LocalModelBody, ModelBody, ModelListBody } from "../../client.ts";
import type { CatalogEntry } from "../../domain/models/catalog.ts";
import type { DeploymentStatus } from "../../workers/deployment.ts";
import { ServingError } from "../../workers/errors.ts";
import { mayUse, mayUseRoute, organizationOf } from "../access.ts";
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
    const visible = (await catalog.list()).filter((one) => mayUse(c.get("call").caller, catalog, one));
    const local = visible.map((model) => modelBody(model, statuses.get(model.base ?? model.name), defaultName));
    const data = [...local, ...(await routed(c.get("call").caller))];
    return c.json({ object: "list", data } satisfies ModelListBody);
  });

  app.get("/:id{.+}", async (c) => {
    const name = c.req.param("id");
    const other = (await routed(c.get("call").caller)).find(({ id }) => id === name);
    if (other !== undefined) return c.json(other);
    const model = await catalog.get(name);
    if (model === undefined || !mayUse(c.get("call").caller, catalog, model)) {
      throw new ServingError("unknown-model", `The model \`${name}\` does not exist or you do not have access to it.`);
    }
    const status = pool.statuses().find((one) => one.model === (model.base ?? name));
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
