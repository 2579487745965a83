import { Hono } from "hono";
import { planHeader, type ServedBy, servedBy } from "../../routing/target.ts";
import type { Embedded } from "../../workers/protocol.ts";
import { type Answerer, answererOf, mayUseRoute, organizationOf } from "../access.ts";
import { readJson } from "../body.ts";
import type { Answered, Call } from "../call.ts";
import { ApiError, toApiError } from "../errors.ts";
import { costOf, meterCall } from "../metering.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { parseEmbeddingsRequest } from "./embeddings-request.ts";
import { refuseHugePrompt } from "./serve.ts";

/** `/v1/embeddings`, by models of this installation or aliases of them. */
export function embeddingRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const call = c.get("call");
    const json = await readJson(c.req.raw);
    call.trace.input = json;
    const request = parseEmbeddingsRequest(json);
    call.trace.asked = request.model;
    const { answerer, served } = await placeOf(services, call, request.model);
    refuseHugePrompt(request.characters, answerer.model.contextLength, "input");
    meterCall(c, services.meter, "embedding", request.model);
    const { signal } = c.req.raw;
    call.askedAtMs = call.elapsedMs;
    const result = await services.pool
      .get(answerer.worker)
      .then((deployment) => deployment.embed(request.embed, signal))
      .catch((error: unknown) => {
        throw toApiError(error, "input");
      });
    call.model = request.model;
    call.served = served;
    const answer = answered(result);
    const outcome = signal.aborted ? "aborted" : "done";
    const settled = call.settle(outcome, answer);
    await settled?.durable;
    call.end(c.req.path, c.req.method, 200, outcome, answer);
    const cost = settled && costOf(settled);
    const headers = {
      "x-tugboat-plan": planHeader(served),
      "server-timing": `queue;dur=${result.queueMs.toFixed(1)}, prefill;dur=${result.computeMs.toFixed(1)}`,
      ...cost?.header,
    };
    return c.json({ ...body(request.model, result, request.base64), ...cost?.field }, 200, headers);
  });
  return app;
}

/** @throws ApiError, ServingError for what is not there, or not the caller's */
async function placeOf(
  { catalog, routing }: EdgeServices,
  call: Call,
  name: string,
): Promise<{ answerer: Answerer; served: ServedBy }> {
  const organizationId = organizationOf(call.caller);
  const route =
    organizationId === undefined ? undefined : await routing?.routes.resolve(organizationId, name, call.requestId);
  if (route === undefined || call.caller === undefined) {
    const answerer = await answererOf(call.caller, catalog, name, "by-name");
    return { answerer, served: { requested: name, target: { kind: "model", model: name }, attempts: 1 } };
  }
  if (!mayUseRoute(call.caller, route)) {
    const message = `The model \`${name}\` does not exist or you do not have access to it.`;
    throw new ApiError(404, "invalid_request_error", "model_not_found", message, { param: "model" });
  }
  const target = route.targets.find((one) => one.kind === "model");
  if (target === undefined || (await catalog.of(organizationId).get(target.model)) === undefined) {
    const message = `\`${name}\` leads to an upstream; embeddings are made by models of this installation. Name one of them.`;
    throw new ApiError(400, "invalid_request_error", "unsupported_model", message, { param: "model" });
  }
  const answerer = await answererOf(call.caller, catalog, target.model, "routed");
  return { answerer, served: servedBy(route, target, 1) };
}

function answered({ computeMs, queueMs, tokens }: Embedded): Answered {
  const ttftMs = queueMs + computeMs;
  return {
    usage: { promptTokens: tokens, completionTokens: 0, cachedTokens: 0 },
    timings: { queueMs, prefillMs: computeMs, ttftMs, decodeMs: 0, tokensPerSecond: 0 },
    tokens,
  };
}

function body(model: string, { tokens, vectors }: Embedded, base64: boolean) {
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: base64
        ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64")
        : [...vector],
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
