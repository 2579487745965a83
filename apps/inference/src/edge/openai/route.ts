import type { Context } from "hono";
import { z } from "zod";
import { type Route, type ServedBy, servedBy, type Target } from "../../routing/target.ts";
import { mayGoElsewhere, UpstreamError } from "../../upstreams/errors.ts";
import { ServingError, type ServingErrorCode } from "../../workers/errors.ts";
import { mayUseRoute, organizationOf } from "../access.ts";
import type { Call } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { saidAffinity } from "./affinity.ts";
import { forward } from "./forward.ts";

/** Where an alias leads, when it leads to a model of this installation. */
export interface Place {
  readonly model: string;
  readonly served: ServedBy;
}

/** Answers by a model of this installation; without a place, by the one that the request names. */
export type AnswerHere = (place?: Place) => Promise<Response>;

const named = z.looseObject({ model: z.string().min(1).max(512) });

/**
 * Answers a request by whom its name leads to: the target that was chosen, or the next one when that is down and has
 * certainly begun no answer.
 */
export async function answerRouted(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  json: unknown,
  path: "/chat/completions" | "/completions",
  here: AnswerHere,
): Promise<Response> {
  const call = c.get("call");
  const body = named.safeParse(json).data;
  call.trace.asked = body?.model ?? "";
  call.trace.input = json;
  const organizationId = organizationOf(call.caller);
  const { routing } = services;
  call.affinity = saidAffinity(json, c.req.header("x-session-affinity"));
  if (body === undefined || organizationId === undefined || routing === undefined) return here();
  const routed = call.trace.span("route");
  const route = await routing.routes.resolve(organizationId, body.model, call.affinity?.value ?? call.requestId);
  routed.end(route?.alias ? { "tugboat.alias": route.alias.name, "tugboat.alias_version": route.alias.version } : {});
  if (route === undefined) return here();
  if (call.caller === undefined || !mayUseRoute(call.caller, route)) throw unknown(route.requested);

  const models = services.catalog.of(organizationId);
  const targets: Target[] = [];
  for (const target of route.targets) {
    if (target.kind === "upstream" || (await models.get(target.model))) targets.push(target);
  }
  let attempts = 0;
  let failure: unknown = nowhere(route);
  for (const target of targets) {
    attempts++;
    try {
      if (target.kind === "model") {
        return await here({ model: target.model, served: servedBy(route, target, attempts) });
      }
      return await forward(c, routing.upstreams, services.meter, { body, path, route, target, attempts });
    } catch (error) {
      // What the next one can't take at all says less than why the first one failed.
      if (attempts === 1 || !isRefusal(error)) failure = error;
      if (c.req.raw.signal.aborted || !mayTryNext(error)) throw failure;
      if (attempts < targets.length) note(call, route, target, error);
    }
  }
  throw failure;
}

/** What says that a model can't answer now, with nothing computed that could be asked for twice. */
const down: ReadonlySet<ServingErrorCode> = new Set([
  "worker-died",
  "worker-restarting",
  "model-unavailable",
  "no-memory",
  "queue-full",
  "unknown-model",
]);

function mayTryNext(error: unknown): boolean {
  const cause = error instanceof ApiError ? error.cause : error;
  if (cause instanceof UpstreamError) return mayGoElsewhere(cause);
  return cause instanceof ServingError && down.has(cause.code);
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500 && error.status !== 429;
}

function note(call: Call, { requested }: Route, target: Target, error: unknown): void {
  const from = target.kind === "model" ? target.model : `${target.upstream.name}/${target.model}`;
  call.log.warn({ err: error, model: requested, target: from }, "target is down, trying the next");
}

function unknown(name: string): ServingError {
  return new ServingError("unknown-model", `The model \`${name}\` does not exist or you do not have access to it.`);
}

function nowhere({ requested }: Route): ServingError {
  return new ServingError("model-unavailable", `Nothing that \`${requested}\` points to can be served here.`);
}
