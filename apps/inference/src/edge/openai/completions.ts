import { Hono } from "hono";
import { checkMayUse } from "../access.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { envelope } from "./answer.ts";
import { CompletionChunks, completionBody } from "./completion-answer.ts";
import { parseCompletionRequest } from "./completion-request.ts";
import { refuseHugePrompt, serve } from "./serve.ts";

export function completionRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const request = parseCompletionRequest(await readJson(c.req.raw));
    checkMayUse(c.get("call").caller, services.catalog, request.model);
    const known = await services.catalog.get(request.model);
    if (known) refuseHugePrompt(request.characters, known.contextLength, "prompt");
    const head = envelope("cmpl", request.model);
    return serve(c, services, {
      model: request.model,
      requests: request.generate,
      choices: request.choices,
      promptParam: "prompt",
      chunks: request.stream ? new CompletionChunks(head, request.includeUsage) : undefined,
      body: (generation) => completionBody(head, generation, request.choices * request.generate.length),
    });
  });
  return app;
}
