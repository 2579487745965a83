import { type Context, Hono } from "hono";
import { answererOf } from "../access.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { envelope } from "./answer.ts";
import { ChatChunks, chatBody } from "./chat-answer.ts";
import { parseChatRequest } from "./chat-request.ts";
import { answerNamed } from "./named.ts";
import { answerRouted } from "./route.ts";
import { refuseHugePrompt, serve } from "./serve.ts";

export function chatRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => answerChat(c, services, await readJson(c.req.raw)));
  return app;
}

/** Answers a chat, whoever serves it. */
export async function answerChat(c: Context<EdgeVariables>, services: EdgeServices, json: unknown): Promise<Response> {
  const named = await answerNamed(c, services, json);
  if (named !== undefined) return named;
  return answerRouted(c, services, json, "/chat/completions", async (place) => {
    const request = parseChatRequest(json);
    const model = place?.model ?? request.model;
    const how = place === undefined ? "by-name" : "routed";
    const answerer = await answererOf(c.get("call").caller, services.catalog, model, how);
    refuseHugePrompt(request.characters, answerer.model.contextLength, "messages");
    const head = envelope("chatcmpl", request.model);
    return serve(c, services, {
      answerer,
      served: place?.served ?? { requested: model, target: { kind: "model", model }, attempts: 1 },
      requests: [request.generate],
      choices: request.choices,
      promptParam: "messages",
      chunks: request.stream ? new ChatChunks(head, request.choices, request.includeUsage) : undefined,
      body: (generation) => chatBody(head, generation, request.choices, request.logprobs),
    });
  });
}
