import { Hono } from "hono";
import { z } from "zod";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { schemaError } from "./issues.ts";
import { bounded, label, optional } from "./parameters.ts";
import { answerRead } from "./read.ts";

const mostDocuments = 1000;
const text = z.string().min(1).max(1_000_000);

const schema = z.strictObject({
  model: z.string().min(1).max(512),
  query: text,
  documents: bounded(z.union([text, z.object({ text })]), { min: 1, max: mostDocuments }),
  top_n: optional(z.int().min(1)),
  return_documents: optional(z.boolean()),
  user: label,
});

/**
 * `/v1/rerank`, in the form that Cohere and Jina gave it: documents by how well they answer a query. A language model ranks them
 * by how likely it finds the query after the document (Sachan et al. 2022, "Improving Passage Retrieval with Zero-Shot
 * Question Generation"); `relevance_score` is the mean likelihood of the query's tokens, from 0 to 1, and compares documents of
 * one query only.
 */
export function rerankRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const { trace } = c.get("call");
    const json = await readJson(c.req.raw);
    trace.input = json;
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const { model, query, return_documents: returns = false, top_n: most } = parsed.data;
    const documents = parsed.data.documents.map((one) => (typeof one === "string" ? one : one.text));
    trace.asked = model;
    return answerRead(c, services, {
      kind: "rerank",
      model,
      param: "documents",
      characters: Math.max(...documents.map(({ length }) => length)) + query.length,
      request: {
        continuations: documents.map((document) => ({ before: { text: `${document}\nQuestion:` }, text: query })),
      },
      body: ({ rows, tokens }) => ({
        object: "rerank",
        model,
        results: rows
          .map((row, index) => ({
            index,
            relevance_score: row.length === 0 ? 0 : Math.exp(row.reduce((total, one) => total + one, 0) / row.length),
            ...(returns && { document: { text: documents[index] } }),
          }))
          .sort((a, b) => b.relevance_score - a.relevance_score)
          .slice(0, most),
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      }),
    });
  });
  return app;
}
