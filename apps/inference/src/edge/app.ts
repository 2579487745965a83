import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Permission } from "../domain/permissions.ts";
import { readTraceparent } from "../domain/traces/traceparent.ts";
import { newRequestId } from "../domain/usage/request-id.ts";
import { checkPermission } from "./access.ts";
import { authenticate, identify } from "./auth.ts";
import { Call } from "./call.ts";
import { ApiError, toApiError } from "./errors.ts";
import { flowRoutes } from "./flows/routes.ts";
import { health } from "./health.ts";
import { sayLife } from "./life-headers.ts";
import { managementRoutes } from "./management.ts";
import { batchRoutes } from "./openai/batches.ts";
import { chatRoutes } from "./openai/chat.ts";
import { completionRoutes } from "./openai/completions.ts";
import { embeddingRoutes } from "./openai/embeddings.ts";
import { feedbackRoutes } from "./openai/feedback.ts";
import { fileRoutes } from "./openai/files.ts";
import { fineTuningRoutes } from "./openai/fine-tuning.ts";
import { modelRoutes } from "./openai/models.ts";
import { otlpRoutes } from "./openai/otlp.ts";
import { rerankRoutes } from "./openai/rerank.ts";
import { responseRoutes } from "./openai/responses.ts";
import { scoreRoutes } from "./openai/score.ts";
import { admit } from "./rate-limit.ts";
import { taskRoutes } from "./tasks/routes.ts";
import type { Edge, EdgeServices, EdgeVariables } from "./types.ts";

/** The HTTP edge: parses, calls, answers. */
export function createApp(services: EdgeServices): Edge {
  const { corsOrigins, draining, keys, limits, log, management, metrics, tracer } = services;
  const app = new Hono<EdgeVariables>();

  app.use(async (c, next) => {
    const id = newRequestId();
    const call = new Call(id, requestId(c.req.header("x-request-id"), id), log, metrics, tracer);
    call.trace.parent = readTraceparent(c.req.header("traceparent"));
    c.set("call", call);
    c.header("x-request-id", call.requestId);
    await next();
    await sayLife(c, services);
    if (!call.streaming) {
      const outcome = c.req.raw.signal.aborted ? "aborted" : "done";
      call.end(routeOf(c.req.path), c.req.method, c.res.status, outcome);
    }
  });

  app.onError((error, c) => {
    const answer = toApiError(error);
    const call = c.get("call");
    call.trace.problem = { code: answer.code ?? answer.type, message: answer.message };
    if (answer.status >= 500) call.log.error({ err: answer.cause ?? answer }, "request failed");
    return c.json(answer.body(), answer.status, { ...answer.headers, "x-request-id": call.requestId });
  });

  app.notFound((c) => c.json(unknownUrl(c.req.method, c.req.path).body(), 404));

  app.get("/health", async (c) => {
    const { status, body } = await health(services);
    return c.json(body, status);
  });
  app.get("/metrics", async (c) => {
    const { body, contentType } = await metrics.text();
    return c.body(body, 200, { "content-type": contentType });
  });

  if (corsOrigins.length > 0) {
    app.use(
      "/v1/*",
      cors({ origin: [...corsOrigins], exposeHeaders: ["x-request-id", "server-timing", "x-tugboat-cost-microusd"] }),
    );
  }
  app.use("/v1/*", async (c, next) => {
    if (draining()) {
      throw new ApiError(503, "service_unavailable_error", "shutting_down", "The service is shutting down.", {
        headers: { "retry-after": "5", connection: "close" },
      });
    }
    const call = c.get("call");
    const caller = await call.trace.within(
      "key",
      async () =>
        (await identify(c.req.raw.headers, keys, management)) ??
        (await authenticate(c.req.header("authorization"), keys)),
    );
    call.caller = caller;
    const permission = permissionFor(c.req.path, c.req.method);
    if (permission !== undefined) checkPermission(caller, permission);
    for (const [name, value] of Object.entries(admit(caller, limits))) c.header(name, value);
    if (caller.kind === "key") {
      call.onTokens = (tokens) => limits.spend(caller.keyId, caller.tokensPerMinute, tokens, performance.now());
    }
    await next();
  });
  app.route("/v1/models", modelRoutes(services));
  app.route("/v1/chat/completions", chatRoutes(services));
  app.route("/v1/completions", completionRoutes(services));
  app.route("/v1/embeddings", embeddingRoutes(services));
  app.route("/v1/score", scoreRoutes(services));
  app.route("/v1/rerank", rerankRoutes(services));
  app.route("/v1/responses", responseRoutes(services));
  app.route("/v1/files", fileRoutes(services));
  app.route("/v1/batches", batchRoutes(services));
  app.route("/v1/feedback", feedbackRoutes(services));
  app.route("/v1/traces", otlpRoutes(services));
  app.route("/v1/tasks", taskRoutes(services));
  app.route("/v1/flows", flowRoutes(services));
  app.route("/v1/fine_tuning/jobs", fineTuningRoutes(services));
  for (const path of [
    "/v1/models",
    "/v1/models/:id{.+}",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/score",
    "/v1/rerank",
    "/v1/responses",
    "/v1/responses/:id",
    "/v1/responses/:id/input_items",
    "/v1/responses/:id/cancel",
    "/v1/files",
    "/v1/files/:id",
    "/v1/files/:id/content",
    "/v1/batches",
    "/v1/batches/:id",
    "/v1/batches/:id/cancel",
    "/v1/feedback",
    "/v1/traces",
    "/v1/tasks/:id",
    "/v1/flows/:id",
    "/v1/fine_tuning/jobs",
    "/v1/fine_tuning/jobs/:id",
    "/v1/fine_tuning/jobs/:id/events",
    "/v1/fine_tuning/jobs/:id/checkpoints",
    "/v1/fine_tuning/jobs/:id/cancel",
  ]) {
    app.all(path, (c) => {
      throw new ApiError(
        405,
        "invalid_request_error",
        "method_not_allowed",
        `Not allowed to ${c.req.method} on ${c.req.path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
      );
    });
  }
  if (management) app.route("/api", managementRoutes(services, management));
  return app;
}

/** What a caller needs under `/v1`; undefined where there is nothing. */
function permissionFor(path: string, method: string): Permission | undefined {
  if (path === tuningJobs || path.startsWith(`${tuningJobs}/`))
    return method === "GET" ? "tuning:read" : "tuning:write";
  if (path === "/v1/models" || path.startsWith("/v1/models/")) return "models:read";
  const isOne = kept.some((of) => path.startsWith(`${of}/`));
  return inferenceRoutes.includes(path) || isOne ? "inference:run" : undefined;
}

/** Whose things have addresses of their own. */
const kept = ["/v1/responses", "/v1/files", "/v1/batches", "/v1/tasks", "/v1/flows"];
const tuningJobs = "/v1/fine_tuning/jobs";
const inferenceRoutes = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/score",
  "/v1/rerank",
  "/v1/feedback",
  "/v1/traces",
  ...kept,
];
const knownRoutes = ["/health", "/metrics", "/v1/models", tuningJobs, ...inferenceRoutes];

/** A path as a label: what clients invent must not become a label of its own. */
function routeOf(path: string): string {
  if (knownRoutes.includes(path)) return path;
  if (path.startsWith("/v1/models/")) return "/v1/models/:id";
  if (path.startsWith("/v1/tasks/")) return "/v1/tasks/:id";
  const of = [...kept, tuningJobs].find((of) => path.startsWith(`${of}/`));
  if (of !== undefined) return `${of}/:id`;
  return /^\/api\/(auth|trpc)\//.exec(path)?.[0].slice(0, -1) ?? (path.startsWith("/api/") ? "/api" : "other");
}

/** What the client calls it. It need not be unique, so what is recorded goes by our own id. */
function requestId(sent: string | undefined, id: string): string {
  return sent !== undefined && /^[\w.:-]{1,128}$/.test(sent) ? sent : `req_${id.replaceAll("-", "")}`;
}

function unknownUrl(method: string, path: string): ApiError {
  return new ApiError(
    404,
    "invalid_request_error",
    "unknown_url",
    `Unknown request URL: ${method} ${path.slice(0, 200)}.`,
  );
}
