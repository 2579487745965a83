import { Hono } from "hono";
import { z } from "zod";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import { payerOf } from "../metering.ts";
import { countJudged } from "../tasks/judged.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { schemaError } from "./issues.ts";

const request = z
  .object({
    /** Of the answer: its `tugboat.request_id`. */
    trace_id: z.uuid().optional(),
    /** Or what the caller named it by its own `x-request-id`, or the answer's `x-request-id`. */
    request_id: z.string().min(1).max(200).optional(),
    thumb: z.enum(["up", "down"]).optional(),
    /** 0 to 1. */
    score: z.number().min(0).max(1).optional(),
    /** What the answer should have been. */
    correction: z.string().min(1).max(20_000).optional(),
    comment: z.string().max(20_000).optional(),
  })
  .strict();

/** `POST /v1/feedback`: what an application's users thought of an answer. */
export function feedbackRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const json = await readJson(c.req.raw);
    const parsed = request.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const { comment = null, correction, request_id: requestId, score, thumb, trace_id } = parsed.data;
    if ((trace_id === undefined) === (requestId === undefined)) {
      throw invalidRequest("missing_reference", "Name the answer by either `trace_id` or `request_id`.", "trace_id");
    }
    if (thumb === undefined && score === undefined && correction === undefined) {
      throw invalidRequest(
        "missing_feedback",
        "Say something of the answer: `thumb`, `score` or `correction`.",
        "thumb",
      );
    }
    const { caller } = c.get("call");
    const payer = payerOf(caller);
    const { management } = services;
    if (payer === undefined || management === undefined) throw unknown();
    await management.traces.flush();
    const scope = management.database.organization(payer.organizationId);
    const traceId = await scope.traces.find(
      trace_id === undefined ? referenceOf(requestId ?? "") : { traceId: trace_id },
    );
    if (traceId === null) throw unknown();
    const createdBy = payer.apiKeyId === null ? (payer.userId ?? "system") : `key:${payer.apiKeyId}`;
    const said = [
      thumb !== undefined && ({ kind: "thumb", value: thumb === "up" ? 1 : 0, text: comment } as const),
      score !== undefined && ({ kind: "score", value: score, text: comment } as const),
      correction !== undefined && ({ kind: "correction", value: null, text: correction } as const),
    ].filter((one) => one !== false);
    const ids: string[] = [];
    for (const one of said) ids.push((await scope.traces.feedback.add({ traceId, createdBy, ...one })).id);
    await countJudged(scope, traceId, said);
    return c.json({ object: "feedback", trace_id: traceId, ids });
  });
  return app;
}

/** Our own request ids say which trace it is; a caller's own is looked up. */
function referenceOf(requestId: string): { traceId: string } | { requestId: string } {
  const [, a, b, d, e, f] =
    /^req_([0-9a-f]{8})([0-9a-f]{4})(7[0-9a-f]{3})([0-9a-f]{4})([0-9a-f]{12})$/.exec(requestId) ?? [];
  return a === undefined ? { requestId } : { traceId: `${a}-${b}-${d}-${e}-${f}` };
}

function unknown(): ApiError {
  const message = "There is no such answer. It may be older than its project keeps traces, or another organization's.";
  return new ApiError(404, "invalid_request_error", "trace_not_found", message);
}
