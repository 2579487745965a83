import type { ApiKeyInfo } from "@tugboat/db";
import { Hono } from "hono";
import type { AskForBatch } from "../../domain/batches/ask.ts";
import { permissionsOfScopes } from "../../domain/permissions.ts";
import { checkPermission } from "../access.ts";
import { Call } from "../call.ts";
import { ApiError, toApiError } from "../errors.ts";
import type { Caller } from "../trpc/context.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { chatRoutes } from "./chat.ts";
import { completionRoutes } from "./completions.ts";
import { embeddingRoutes } from "./embeddings.ts";

/** Answers a batch's requests by the same routes as everybody's. */
export function askForBatches(services: EdgeServices): AskForBatch {
  const calls = new WeakMap<Request, Call>();
  const app = new Hono<EdgeVariables>();
  app.use(async (c, next) => {
    const call = calls.get(c.req.raw);
    if (call === undefined) throw new Error("a request of no batch");
    c.set("call", call);
    await next();
  });
  app.onError((error, c) => {
    const answer = toApiError(error);
    if (answer.status >= 500) c.get("call").log.error({ err: answer.cause ?? answer }, "request of a batch failed");
    return c.json(answer.body(), answer.status);
  });
  app.route("/v1/chat/completions", chatRoutes(services));
  app.route("/v1/completions", completionRoutes(services));
  app.route("/v1/embeddings", embeddingRoutes(services));

  return async ({ apiKeyId, batch, body, endpoint, id, organizationId, requestId, signal }) => {
    const call = new Call(id, requestId, services.log.child({ batch }), services.metrics);
    call.batch = batch;
    try {
      const key = await services.management?.database.organization(organizationId).keys.get(apiKeyId);
      call.caller = callerOf(organizationId, key);
    } catch (error) {
      const answer = toApiError(error);
      return { status: answer.status, body: answer.body(), accounted: false };
    }
    const request = new Request(new URL(endpoint, "http://batch.invalid"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    calls.set(request, call);
    const response = await app.fetch(request);
    const answer: unknown = await response.json();
    call.end(endpoint, "POST", response.status, signal.aborted ? "aborted" : "done");
    return { status: response.status, body: answer, accounted: call.accounted };
  };
}

/** @throws ApiError 401 when the key is no longer valid, 403 */
function callerOf(organizationId: string, key: ApiKeyInfo | undefined): Caller {
  const over = key === undefined || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= new Date());
  if (over) {
    const message = "The API key in whose name this batch runs was revoked or has expired.";
    throw new ApiError(401, "invalid_request_error", "invalid_api_key", message);
  }
  const caller: Caller = {
    kind: "key",
    keyId: key.id,
    organizationId,
    projectId: key.projectId,
    permissions: permissionsOfScopes(key.scopes),
    models: key.models.length === 0 ? undefined : new Set(key.models),
    // A batch takes its turn behind everybody; the limits of a minute are not for it.
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
  };
  checkPermission(caller, "inference:run");
  return caller;
}
