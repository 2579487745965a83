import type { Context } from "hono";
import { planHeader, type ServedBy, servedBy } from "../../routing/target.ts";
import type { ReadAnswer, ReadRequest } from "../../workers/protocol.ts";
import { type Answerer, answererOf, mayUseRoute, organizationOf } from "../access.ts";
import type { Answered, Call } from "../call.ts";
import { ApiError, toApiError } from "../errors.ts";
import { costOf, meterCall } from "../metering.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { refuseHugePrompt } from "./serve.ts";

export interface ReadOptions {
  /** As the client named it. */
  readonly model: string;
  /** As it is accounted for and traced. */
  readonly kind: "embedding" | "score" | "rerank";
  /** What is refused is of this field. */
  readonly param: string;
  /** Of the longest text. */
  readonly characters: number;
  readonly request: ReadRequest;
  readonly body: (answer: ReadAnswer) => object;
}

/** Answers a request that has texts read and nothing written, by a model of this installation or an alias of one. */
export async function answerRead(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  { body, characters, kind, model, param, request }: ReadOptions,
): Promise<Response> {
  const call = c.get("call");
  const { answerer, served } = await placeOf(services, call, model);
  refuseHugePrompt(characters, answerer.model.contextLength, param);
  meterCall(c, services.meter, kind, model);
  const { signal } = c.req.raw;
  call.askedAtMs = call.elapsedMs;
  const result = await services.pool
    .get(answerer.worker)
    .then((deployment) => deployment.read(request, signal))
    .catch((error: unknown) => {
      throw toApiError(error, param);
    });
  call.model = model;
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
  return c.json({ ...body(result), ...cost?.field }, 200, headers);
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
    const message = `\`${name}\` leads to an upstream; texts are read by models of this installation. Name one of them.`;
    throw new ApiError(400, "invalid_request_error", "unsupported_model", message, { param: "model" });
  }
  const answerer = await answererOf(call.caller, catalog, target.model, "routed");
  return { answerer, served: servedBy(route, target, 1) };
}

function answered({ computeMs, queueMs, tokens }: ReadAnswer): Answered {
  const ttftMs = queueMs + computeMs;
  return {
    usage: { promptTokens: tokens, completionTokens: 0, cachedTokens: 0 },
    timings: { queueMs, prefillMs: computeMs, ttftMs, decodeMs: 0, tokensPerSecond: 0 },
    tokens,
  };
}
