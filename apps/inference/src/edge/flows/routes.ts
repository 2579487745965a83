import { Hono } from "hono";
import { z } from "zod";
import { storedFlow } from "../../domain/flows/document.ts";
import { inputSchemaOf } from "../../domain/flows/start-run.ts";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import {
  beginRun,
  failureOf,
  flowNamed,
  followRun,
  lastOf,
  type NamedFlow,
  type RunView,
  usageOf,
} from "./serve-flow.ts";

const body = z.strictObject({
  input: z.unknown(),
  /** Tells each step as it ends, as server-sent events. */
  stream: z.boolean().default(false),
  /** false: answers at once with the run's id. */
  wait: z.boolean().default(true),
});

/** `/v1/flows/<name>`: a flow with its types. GET gives them as JSON Schema. */
export function flowRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  const named = async (c: Parameters<typeof flowNamed>[0], name: string): Promise<NamedFlow> => {
    const found = await flowNamed(c, services, `flow:${name}`);
    if (found !== undefined) return found;
    throw new ApiError(404, "invalid_request_error", "model_not_found", `There is no flow \`${name.slice(0, 100)}\`.`);
  };
  app.get("/:id", async (c) => {
    const { flow, scope } = await named(c, c.req.param("id"));
    const document = storedFlow.parse((await scope.flows.version(flow.id, flow.version)).document);
    return c.json({
      flow: flow.name,
      version: flow.version,
      description: document.description,
      input: inputSchemaOf(document),
      steps: Object.keys(document.steps),
    });
  });
  app.post("/:id", async (c) => {
    const found = await named(c, c.req.param("id"));
    const parsed = body.safeParse(await readJson(c.req.raw));
    if (!parsed.success) {
      throw invalidRequest(
        "invalid_value",
        'The body is {"input": {…}}, with "stream" or "wait": false if wanted.',
        "input",
      );
    }
    const call = c.get("call");
    call.model = `flow:${found.flow.name}`;
    const run = await beginRun(c, found, parsed.data.input, parsed.data.wait || parsed.data.stream);
    const headers = { "x-tugboat-run": run.id };
    if (!parsed.data.wait && !parsed.data.stream) {
      return c.json({ id: run.id, flow: found.flow.name, state: run.state }, 202, headers);
    }
    const views = followRun(services, found.scope, run, c.req.raw.signal);
    if (parsed.data.stream) {
      return c.body(eventsOf(found.flow.name, views), 200, {
        ...headers,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
      });
    }
    const last = await lastOf(views);
    if (last === undefined) throw new ApiError(408, "invalid_request_error", "timeout", "The client went away.");
    const failure = failureOf(last);
    if (failure !== undefined) throw failure;
    return c.json(shown(found.flow.name, last), last.run.state === "waiting" ? 202 : 200, headers);
  });
  return app;
}

function shown(flow: string, view: RunView) {
  const { run, steps } = view;
  const waiting = steps
    .filter(({ state }) => state === "waiting")
    .map(({ output, path }) => ({ step: path, ...Object(output) }));
  return {
    id: run.id,
    flow,
    version: run.version,
    state: run.state,
    output: run.output,
    ...(waiting.length > 0 && { waiting }),
    usage: usageOf(view),
    steps: steps.map(({ attempts, cached, durationMs, path, state }) => ({
      step: path,
      state,
      ms: durationMs,
      attempts,
      cached,
    })),
  };
}

/** `step` for each that ended, with what it gave, and at last `done`, `waiting` or `error`. */
function eventsOf(flow: string, views: AsyncGenerator<RunView>): ReadableStream<Uint8Array> {
  const told = new Set<string>();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const write = (event: string, data: object) =>
        controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      for (;;) {
        const { done, value: view } = await views.next();
        if (done) return controller.close();
        let wrote = false;
        for (const { cached, durationMs, output, path, state } of view.steps) {
          const key = `${path} ${state}`;
          if (told.has(key)) continue;
          told.add(key);
          write("step", { step: path, state, ms: durationMs, cached, ...(state === "done" && { output }) });
          wrote = true;
        }
        const failure = failureOf(view);
        const { state } = view.run;
        if (state === "done" || state === "waiting") write(state, shown(flow, view));
        else if (state === "failed" || state === "cancelled") write("error", failure?.body() ?? {});
        else if (!wrote) continue;
        return;
      }
    },
    async cancel() {
      await views.return(undefined);
    },
  });
}
