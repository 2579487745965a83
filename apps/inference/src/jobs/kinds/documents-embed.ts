import { z } from "zod";
import { defineJob, JobError } from "../define.ts";
import { documentsEmbedKind } from "./flows-run-input.ts";

/** Passages whose vectors are asked for together. */
const batch = 16;

/** Makes the vectors that a collection's passages still lack. Each batch is kept as it comes. */
export const embedDocuments = defineJob({
  ...documentsEmbedKind,
  result: z.object({ embedded: z.int() }),
  backoff: { firstMs: 2000, mostMs: 60_000 },
  async run({ commit, input, progress, scope, services, signal }) {
    const { documents } = services;
    if (documents === undefined) {
      throw new JobError("No model is served by the process that runs jobs.", { final: true });
    }
    const collection = await scope.documentCollections.byId(input.collection);
    if (collection === null || collection.model === null) return { embedded: 0 };
    for (let embedded = 0; ; ) {
      signal.throwIfAborted();
      const size = await scope.documentCollections.size(collection.id);
      progress({ stage: "reading passages", done: size.embedded, total: size.passages });
      const passages = await scope.documentCollections.unembedded(collection.id, batch);
      if (passages.length === 0) return { embedded };
      const texts = passages.map(({ heading, text }) => `${heading}\n${text}`);
      const { vectors } = await documents.embed(scope.id, collection, texts, signal);
      const made = passages.flatMap(({ documentId, position }, i) => {
        const vector = vectors[i];
        return vector === undefined ? [] : [{ documentId, position, embedding: [...vector] }];
      });
      if (made.length === 0) throw new JobError(`${collection.model} made no vectors.`, { final: true });
      await commit(async (tx) => ({ result: await tx.documentCollections.embed(collection.id, made) }));
      embedded += made.length;
    }
  },
});
