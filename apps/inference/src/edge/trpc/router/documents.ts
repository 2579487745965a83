import { z } from "zod";
import { DocumentError } from "../../../domain/documents/errors.ts";
import { collectionName, pushDocuments } from "../../../domain/documents/push.ts";
import { readDocument } from "../../../domain/documents/read.ts";
import { searches } from "../../../domain/flows/steps.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const name = collectionName;
const collection = z.object({
  name: z.string(),
  model: z.string().nullable(),
  documents: z.int(),
  passages: z.int(),
  embedded: z.int(),
  characters: z.int(),
  createdAt: moment,
});
const passage = z.object({
  document: z.string(),
  heading: z.string(),
  text: z.string(),
  fromLine: z.int(),
  toLine: z.int(),
});

export const documentsRouter = router({
  collections: orgProcedure("documents:read")
    .output(z.object({ collections: z.array(collection) }))
    .query(async ({ ctx }) => ({
      collections: (await ctx.scope.documentCollections.list()).map(({ createdAt, ...one }) =>
        collection.parse({ ...one, createdAt: createdAt.toISOString() }),
      ),
    })),

  create: orgProcedure("documents:write")
    .input(
      z.object({
        name,
        /** Makes vectors of passages; null: they are found by words alone. */
        model: z.string().min(1).max(200).nullable(),
      }),
    )
    .output(z.object({ name: z.string() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const models = (await ctx.management.catalog.of(ctx.scope.id).list()).map((one) => one.name);
        if (input.model !== null && !models.includes(input.model)) {
          throw new DocumentError("not-found", `There is no model ${input.model}.`, `There are: ${models.join(", ")}.`);
        }
        await scope.documentCollections.create({ ...input, createdBy: ctx.actor });
        return { subject: input.name, after: input, result: { name: input.name } };
      }),
    ),

  /** Puts documents into a collection; those that are there already, as they are, stay. */
  push: orgProcedure("documents:write")
    .input(
      z.object({
        collection: name,
        documents: z
          .array(z.object({ name: z.string().min(1).max(300), base64: z.base64("A document comes as base64.") }))
          .min(1)
          .max(200, "At most 200 documents at once."),
      }),
    )
    .output(z.object({ collection: z.string(), added: z.int(), changed: z.int(), same: z.int(), job: id.nullable() }))
    .mutation(({ ctx, input }) => {
      const documents = input.documents.map((one) => readDocument(one.name, Buffer.from(one.base64, "base64")));
      return ctx.change(async (scope) => {
        const into = await scope.documentCollections.get(input.collection);
        const result = await pushDocuments(scope, into, documents, ctx.actor);
        return { subject: into.name, after: { documents: documents.map((one) => one.name) }, result };
      });
    }),

  list: orgProcedure("documents:read")
    .input(z.object({ collection: name }))
    .output(
      z.object({
        documents: z.array(z.object({ name: z.string(), characters: z.int(), passages: z.int(), updatedAt: moment })),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { id: of } = await ctx.scope.documentCollections.get(input.collection);
      const found = await ctx.scope.documentCollections.documents(of);
      return {
        documents: found.map(({ characters, name: called, passages, updatedAt }) => ({
          name: called,
          characters,
          passages,
          updatedAt: updatedAt.toISOString(),
        })),
      };
    }),

  /** One document's passages, as a search finds them. */
  passages: orgProcedure("documents:read")
    .input(z.object({ collection: name, document: z.string().min(1).max(300) }))
    .output(z.object({ passages: z.array(passage) }))
    .query(async ({ ctx, input }) => {
      const { id: of } = await ctx.scope.documentCollections.get(input.collection);
      const found = await ctx.scope.documentCollections.passagesOf(of, input.document);
      if (found.length === 0) {
        throw new DocumentError("not-found", `There is no document ${input.document}.`, "The collection lists them.");
      }
      return { passages: found.map((one) => passage.parse(one)) };
    }),

  search: orgProcedure("documents:read")
    .input(
      z.object({
        collection: name,
        query: z.string().trim().min(1, "Say what you look for.").max(2000),
        by: z.enum(searches).default("hybrid"),
        top: z.int().min(1).max(50).default(5),
      }),
    )
    .output(z.object({ passages: z.array(passage.extend({ source: z.string(), score: z.number() })), ms: z.number() }))
    .query(async ({ ctx, input: { by, collection: of, query, top } }) => {
      const begun = performance.now();
      const signal = AbortSignal.timeout(30_000);
      const { passages } = await ctx.management.documents.search(ctx.scope, of, { query, by, top, signal });
      const shown = passages.map(({ document, fromLine, heading, score, source, text, toLine }) => ({
        document,
        heading,
        text,
        fromLine,
        toLine,
        source,
        score,
      }));
      return { passages: shown, ms: performance.now() - begun };
    }),

  remove: orgProcedure("documents:write")
    .input(z.object({ collection: name, document: z.string().min(1).max(300) }))
    .output(z.object({ document: z.string() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const of = await scope.documentCollections.get(input.collection);
        if (!(await scope.documentCollections.take(of.id, input.document))) {
          throw new DocumentError("not-found", `There is no document ${input.document}.`, "The collection lists them.");
        }
        return { subject: of.name, before: { document: input.document }, result: { document: input.document } };
      }),
    ),

  removeCollection: orgProcedure("documents:write")
    .input(z.object({ name }))
    .output(z.object({ name }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const of = await scope.documentCollections.get(input.name);
        await scope.documentCollections.remove(of.id);
        return { subject: of.name, before: { model: of.model }, result: { name: of.name } };
      }),
    ),
});
