import type { CollectionInfo, OrganizationScope, Passage, PassageKey } from "@tugboat/db";
import { z } from "zod";
import type { Ask } from "../asking/ask.ts";
import { askPatiently } from "../asking/patiently.ts";
import { DocumentError } from "./errors.ts";
import { fuse, nearest, unit } from "./rank.ts";

export interface FoundPassage extends Passage {
  /** As an answer cites it: `guides/engineer.md, lines 10–32`. */
  readonly source: string;
  /** Of the fused ranks, or of the one list that was asked; they compare within one search only. */
  readonly score: number;
}

export interface Found {
  readonly passages: readonly FoundPassage[];
  readonly inputTokens: number;
  readonly costMicroUsd: number;
}

export interface SearchRequest {
  readonly query: string;
  readonly by: "hybrid" | "words" | "meaning";
  readonly top: number;
  readonly signal: AbortSignal;
}

interface Vectors {
  readonly keys: readonly PassageKey[];
  readonly rows: Float32Array;
  readonly width: number;
}

/** From each list so many are fused. */
const depth = 50;
const mostCollections = 16;
const mostQuery = 2000;

/**
 * Searches collections by words (PostgreSQL's full text), by meaning (vectors of the engine's own models, compared one by
 * one), or by both. Vectors are kept in memory until their collection changes.
 */
export class DocumentSearch {
  readonly #ask: Ask;
  readonly #vectors = new Map<string, Promise<Vectors>>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** @throws DatabaseError `not-found`; DocumentError `not-ready` when it is searched by meaning and has no vectors */
  async search(scope: OrganizationScope, name: string, { by, query, signal, top }: SearchRequest): Promise<Found> {
    const collection = await scope.documentCollections.get(name);
    const asked = query.slice(0, mostQuery);
    const spent = { inputTokens: 0, costMicroUsd: 0 };
    const lists: (readonly string[])[] = [];
    const wantsMeaning = by !== "words" && collection.model !== null;
    if (by === "meaning" && collection.model === null) {
      const hint = "Search it by words, or make it anew with a model.";
      throw new DocumentError("not-ready", `${name} has no vectors: it was made without a model.`, hint);
    }
    if (wantsMeaning) {
      const made = await this.embed(scope.id, collection, [asked], signal);
      spent.inputTokens = made.inputTokens;
      spent.costMicroUsd = made.costMicroUsd;
      const { keys, rows, width } = await this.#vectorsOf(scope, collection);
      const [vector] = made.vectors;
      const found = vector === undefined || vector.length !== width ? [] : nearest(rows, width, vector, depth);
      lists.push(found.flatMap(({ row }) => keyText(keys[row])));
    }
    if (by !== "meaning") {
      const found = await scope.documentCollections.byWords(collection.id, wordsOf(asked), depth);
      lists.push(found.flatMap(keyText));
    }
    const best = fuse(lists).slice(0, top);
    const passages = await scope.documentCollections.passages(
      collection.id,
      best.map(({ key }) => keyOf(key)),
    );
    const scores = new Map(best.map(({ key, score }) => [key, score]));
    return {
      ...spent,
      passages: passages.map((one) => ({
        ...one,
        source: sourceOf(one),
        score: scores.get(`${one.documentId} ${one.position}`) ?? 0,
      })),
    };
  }

  /**
   * Vectors of texts by the collection's model: the mean of what the model makes of each token, of length 1.
   * @throws DocumentError `not-ready` when the model can't be asked
   */
  async embed(
    organizationId: string,
    { model, name }: Pick<CollectionInfo, "model" | "name">,
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly vectors: Float32Array[]; readonly inputTokens: number; readonly costMicroUsd: number }> {
    let input = [...texts];
    for (;;) {
      const answer = await askPatiently(this.#ask, {
        organizationId,
        work: { kind: "documents", subject: name },
        endpoint: "/v1/embeddings",
        body: { model, input },
        signal,
      });
      if (answer.ok) {
        const { costMicroUsd, usage, vectors } = answer;
        return { vectors: vectors.map(unit), inputTokens: usage.inputTokens, costMicroUsd };
      }
      const longest = Math.max(...input.map((text) => text.length));
      if (answer.code === "context_length_exceeded" && longest > 50) {
        // The beginning of a passage stands for all of it.
        input = input.map((text) => text.slice(0, Math.ceil(longest / 2)));
        continue;
      }
      throw new DocumentError(
        "not-ready",
        `${model} made no vectors: ${answer.message}`,
        "See whether the model is served.",
      );
    }
  }

  async #vectorsOf(scope: OrganizationScope, { id, revision }: CollectionInfo): Promise<Vectors> {
    const key = `${scope.id} ${id} ${revision}`;
    let known = this.#vectors.get(key);
    if (known === undefined) {
      for (const old of this.#vectors.keys()) if (old.startsWith(`${scope.id} ${id} `)) this.#vectors.delete(old);
      known = scope.documentCollections.vectors(id).then((found) => {
        const width = found[0]?.embedding.length ?? 0;
        const fitting = found.filter(({ embedding }) => embedding.length === width);
        const rows = new Float32Array(fitting.length * width);
        for (const [i, { embedding }] of fitting.entries()) rows.set(embedding, i * width);
        return { keys: fitting.map(({ documentId, position }) => ({ documentId, position })), rows, width };
      });
      known.catch(() => this.#vectors.delete(key));
      this.#vectors.set(key, known);
      if (this.#vectors.size > mostCollections) {
        const [oldest] = this.#vectors.keys();
        if (oldest !== undefined) this.#vectors.delete(oldest);
      }
    }
    return known;
  }
}

export function sourceOf({ document, fromLine, toLine }: Pick<Passage, "document" | "fromLine" | "toLine">): string {
  return `${document}, ${fromLine === toLine ? `line ${fromLine}` : `lines ${fromLine}–${toLine}`}`;
}

/** The words of a query, each once; marks are left out. */
export function wordsOf(query: string): string[] {
  return [...new Set(query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])].slice(0, 64);
}

function keyText(key: PassageKey | undefined): string[] {
  return key === undefined ? [] : [`${key.documentId} ${key.position}`];
}

const keyParts = z.tuple([z.string(), z.coerce.number()]);

function keyOf(text: string): PassageKey {
  const [documentId, position] = keyParts.parse(text.split(" "));
  return { documentId, position };
}
