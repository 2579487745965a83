import { Hono } from "hono";
import { checkMayUse } from "../access.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { envelope } from "./answer.ts";
import { ChatChunks, chatBody } from "./chat-answer.ts";
import { parseChatRequest } from "./chat-request.ts";
import { refuseHugePrompt, serve } from "./serve.ts";

export function chatRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const request = parseChatRequest(await readJson(c.req.raw));
    checkMayUse(c.get("call").caller, services.catalog, request.model);
    const known = await services.catalog.get(request.model);
    if (known) refuseHugePrompt(request.characters, known.contextLength, "messages");
    const head = envelope("chatcmpl", request.model);
    return serve(c, services, {
      model: request.model,
      requests: [request.generate],
      choices: request.choices,
      promptParam: "messages",
      chunks: request.stream ? new ChatChunks(head, request.choices, request.includeUsage) : undefined,
      body: (generation) => chatBody(head, generation, request.choices, request.logprobs),
    });
  });
  return app;
}
