import type { ApiKeyInfo } from "@tugboat/db";
import { Hono } from "hono";
import { readAnswer } from "../../domain/asking/answer.ts";
import type { Ask, Work } from "../../domain/asking/ask.ts";
import type { AskForBatch } from "../../domain/batches/ask.ts";
import { permissionsOfScopes } from "../../domain/permissions.ts";
import { newRequestId } from "../../domain/usage/request-id.ts";
import { checkPermission } from "../access.ts";
import { Call } from "../call.ts";
import { ApiError, toApiError } from "../errors.ts";
import type { Caller, ModelCaller } from "../trpc/context.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { chatRoutes } from "./chat.ts";
import { completionRoutes } from "./completions.ts";
import { embeddingRoutes } from "./embeddings.ts";

/** Answers the requests of background jobs by the same routes as everybody's. */
export class WorkRequests {
  readonly #services: EdgeServices;
  readonly #calls = new WeakMap<Request, Call>();
  readonly #app = new Hono<EdgeVariables>();

  constructor(services: EdgeServices) {
    this.#services = services;
    const app = this.#app;
    app.use(async (c, next) => {
      const call = this.#calls.get(c.req.raw);
      if (call === undefined) throw new Error("a request of no work");
      c.set("call", call);
      await next();
    });
    app.onError((error, c) => {
      const answer = toApiError(error);
      if (answer.status >= 500) c.get("call").log.error({ err: answer.cause ?? answer }, "request of a job failed");
      return c.json(answer.body(), answer.status);
    });
    app.route("/v1/chat/completions", chatRoutes(services));
    app.route("/v1/completions", completionRoutes(services));
    app.route("/v1/embeddings", embeddingRoutes(services));
  }

  /** In the name of the key that a batch was made with. */
  readonly askForBatch: AskForBatch = async (request) => {
    const { apiKeyId, batch, body, endpoint, id, organizationId, requestId, signal } = request;
    const call = this.#call(id, requestId, { kind: "batch", subject: batch });
    try {
      const key = await this.#services.management?.database.organization(organizationId).keys.get(apiKeyId);
      call.caller = callerOf(organizationId, key);
    } catch (error) {
      const answer = toApiError(error);
      return { status: answer.status, body: answer.body(), accounted: false };
    }
    const response = await this.#send(call, endpoint, body, signal);
    return { status: response.status, body: response.body, accounted: call.accounted };
  };

  /** In the organization's own name. */
  readonly ask: Ask = async (request) => {
    const {
      apiKeyId = null,
      body,
      endpoint,
      id = newRequestId(),
      organizationId,
      signal,
      userId = null,
      work,
    } = request;
    signal.throwIfAborted();
    const call = this.#call(id, `${work.kind}_${id.replaceAll("-", "")}`, work);
    const own: ModelCaller = {
      kind: "job",
      organizationId,
      userId,
      permissions: new Set(["inference:run"]),
      models: undefined,
    };
    try {
      call.caller = apiKeyId === null ? own : await this.#ofKey(organizationId, apiKeyId);
    } catch (error) {
      const { status, ...refused } = toApiError(error);
      const { code, message } = refused;
      return { ok: false, id, status, code: code ?? "refused", message, again: false, latencyMs: 0 };
    }
    // A stream would be an answer that nobody reads.
    const whole = endpoint === "/v1/embeddings" ? body : { ...body, stream: false };
    const { elapsedMs, ...response } = await this.#send(call, endpoint, whole, signal);
    // What was accounted for is given, also when it was told to stop meanwhile: nobody pays for what they don't get.
    if (!call.accounted) signal.throwIfAborted();
    return readAnswer({ id, elapsedMs, ...response });
  };

  /** Whoever may call what the work is part of may have it call its models. */
  async #ofKey(organizationId: string, apiKeyId: string): Promise<ModelCaller> {
    const key = await this.#services.management?.database.organization(organizationId).keys.get(apiKeyId);
    const caller = callerOf(organizationId, key);
    return caller.kind === "key" ? { ...caller, models: undefined } : caller;
  }

  #call(id: string, requestId: string, work: Work): Call {
    const { log, metrics } = this.#services;
    const call = new Call(id, requestId, log.child({ [work.kind]: work.subject }), metrics);
    call.work = work;
    return call;
  }

  async #send(call: Call, endpoint: string, body: object, signal: AbortSignal) {
    const request = new Request(new URL(endpoint, "http://work.invalid"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    this.#calls.set(request, call);
    const response = await this.#app.fetch(request);
    const answer: unknown = await response.json();
    const { elapsedMs } = call;
    call.end(endpoint, "POST", response.status, signal.aborted ? "aborted" : "done");
    return { status: response.status, headers: response.headers, body: answer, elapsedMs };
  }
}

/** @throws ApiError 401 when the key is no longer valid, 403 */
function callerOf(organizationId: string, key: ApiKeyInfo | undefined): Caller {
  const over = key === undefined || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= new Date());
  if (over) {
    const message = "The API key in whose name this runs was revoked or has expired.";
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
