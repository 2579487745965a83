import type { Context } from "hono";
import { lifeHeaders } from "../domain/models/life.ts";
import { nameOf } from "../routing/target.ts";
import { organizationOf } from "./access.ts";
import type { EdgeServices, EdgeVariables } from "./types.ts";

/** Says of an answer that what gave it is deprecated: the name that was asked for, or what that leads to. */
export async function sayLife(c: Context<EdgeVariables>, { routing }: EdgeServices): Promise<void> {
  const { caller, model, served } = c.get("call");
  const organizationId = organizationOf(caller);
  if (routing === undefined || organizationId === undefined || model === "") return;
  const { lives } = await routing.routes.directory(organizationId);
  if (lives.size === 0) return;
  const life = lives.get(model) ?? (served && lives.get(nameOf(served.target)));
  if (life === undefined) return;
  for (const [name, value] of Object.entries(lifeHeaders(life))) c.header(name, value);
}
