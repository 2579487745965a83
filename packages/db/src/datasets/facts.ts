import { z } from "zod";
import { type Sealed, splitNames } from "./example.ts";

/** How many examples each split and each tag has, of those that have any. */
export const versionFacts = z.object({
  splits: z.record(z.string(), z.int()),
  tags: z.record(z.string(), z.int()),
  /** The import that made the version, if one did. */
  importId: z.string().optional(),
});
export type VersionFacts = z.output<typeof versionFacts>;

/** More different tags are counted no further: a column of ids mapped to tags by mistake must not fill the page. */
const mostTags = 500;

/** Counts that follow the changes of a version. */
export class FactCounter {
  readonly #splits = new Map<string, number>(splitNames.map((name) => [name, 0]));
  readonly #tags: Map<string, number>;

  constructor(before: VersionFacts = { splits: {}, tags: {} }) {
    for (const [name, count] of Object.entries(before.splits)) this.#splits.set(name, count);
    this.#tags = new Map(Object.entries(before.tags));
  }

  add(example: Sealed): void {
    this.#count(example, 1);
  }

  remove(example: Sealed): void {
    this.#count(example, -1);
  }

  get facts(): VersionFacts {
    const positive = (counts: Map<string, number>) => Object.fromEntries([...counts].filter(([, count]) => count > 0));
    return { splits: positive(this.#splits), tags: positive(this.#tags) };
  }

  #count({ split, tags }: Sealed, by: number): void {
    if (split !== null) this.#splits.set(split, (this.#splits.get(split) ?? 0) + by);
    for (const tag of tags) {
      const count = this.#tags.get(tag);
      if (count !== undefined || this.#tags.size < mostTags) this.#tags.set(tag, (count ?? 0) + by);
    }
  }
}
