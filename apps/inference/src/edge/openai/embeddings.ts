import { Hono } from "hono";
import type { ReadAnswer } from "../../workers/protocol.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { parseEmbeddingsRequest } from "./embeddings-request.ts";
import { answerRead } from "./read.ts";

/** `/v1/embeddings`, by models of this installation or aliases of them. */
export function embeddingRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const { trace } = c.get("call");
    const json = await readJson(c.req.raw);
    trace.input = json;
    const { base64, characters, embed, model } = parseEmbeddingsRequest(json);
    trace.asked = model;
    return answerRead(c, services, {
      kind: "embedding",
      model,
      param: "input",
      characters,
      request: embed,
      body: (answer) => body(model, answer, base64),
    });
  });
  return app;
}

function body(model: string, { rows, tokens }: ReadAnswer, base64: boolean) {
  return {
    object: "list",
    data: rows.map((vector, index) => ({
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
