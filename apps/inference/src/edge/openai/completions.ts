import { Hono } from "hono";
import { answererOf } from "../access.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { envelope } from "./answer.ts";
import { CompletionChunks, completionBody } from "./completion-answer.ts";
import { parseCompletionRequest } from "./completion-request.ts";
import { answerRouted } from "./route.ts";
import { refuseHugePrompt, serve } from "./serve.ts";

export function completionRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const json = await readJson(c.req.raw);
    return answerRouted(c, services, json, "/completions", async (place) => {
      const request = parseCompletionRequest(json);
      const model = place?.model ?? request.model;
      const how = place === undefined ? "by-name" : "routed";
      const answerer = await answererOf(c.get("call").caller, services.catalog, model, how);
      refuseHugePrompt(request.characters, answerer.model.contextLength, "prompt");
      const head = envelope("cmpl", request.model);
      return serve(c, services, {
        answerer,
        served: place?.served ?? { requested: model, target: { kind: "model", model }, attempts: 1 },
        requests: request.generate,
        choices: request.choices,
        promptParam: "prompt",
        chunks: request.stream ? new CompletionChunks(head, request.includeUsage) : undefined,
        body: (generation) => completionBody(head, generation, request.choices * request.generate.length),
      });
    });
  });
  return app;
}
