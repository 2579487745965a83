import type { CollectionInfo, NewDocument, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { documentsEmbedKind } from "../../jobs/kinds/flows-run-input.ts";

export const collectionName = z
  .string("A collection needs a name.")
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "A collection's name has small letters, digits, and . _ - between them.");

export interface Pushed {
  readonly collection: string;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  /** The job that makes vectors; null where none are missing. */
  readonly job: string | null;
}

/** Puts documents into a collection, and has the vectors made that are then missing. */
export async function pushDocuments(
  scope: OrganizationScope,
  collection: CollectionInfo,
  documents: readonly NewDocument[],
  actor: string,
): Promise<Pushed> {
  const counts = { added: 0, changed: 0, same: 0 };
  for (const document of documents) {
    counts[await scope.documentCollections.put(collection.id, document, actor)]++;
  }
  return { collection: collection.name, ...counts, job: await embedLater(scope, collection, actor) };
}

/** @returns the job that makes a collection's vectors; null where none are missing */
export async function embedLater(
  scope: OrganizationScope,
  collection: CollectionInfo,
  actor: string,
): Promise<string | null> {
  if (collection.model === null) return null;
  const [missing] = await scope.documentCollections.unembedded(collection.id, 1);
  if (missing === undefined) return null;
  const { job } = await enqueueJob(
    scope,
    documentsEmbedKind,
    { collection: collection.id },
    // One that runs may have looked for the last time already: what is new has a job of its own.
    { createdBy: actor, subject: collection.name, dedupeKey: `${collection.id} ${missing.documentId}` },
  );
  return job.id;
}
