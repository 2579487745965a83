import type { ModelLife } from "@tugboat/db";

type Life = Pick<ModelLife, "deprecatedAt" | "name" | "stage" | "successor" | "sunsetAt">;

/**
 * The headers by which an answer of a deprecated model says so: since when (RFC 9745, a structured date in seconds), until
 * when (RFC 8594, an HTTP date) and what comes after it (a link of the relation `successor-version`, RFC 5829). The model
 * goes on answering, after that day too: it ends when somebody removes it.
 */
export function lifeHeaders({ deprecatedAt, stage, successor, sunsetAt }: Life): Record<string, string> {
  if (stage !== "deprecated") return {};
  const since = Math.floor((deprecatedAt ?? new Date(0)).getTime() / 1000);
  const link = successor === null ? undefined : `</v1/models/${encodeURI(successor)}>; rel="successor-version"`;
  return {
    deprecation: `@${since}`,
    ...(sunsetAt && { sunset: sunsetAt.toUTCString() }),
    ...(link !== undefined && { link }),
  };
}

/** `small is deprecated since 2 Mar 2026 and ends on 1 Jun 2026; larger replaces it.` Undefined for one that is not. */
export function lifeSentence({ deprecatedAt, name, stage, successor, sunsetAt }: Life): string | undefined {
  if (stage === "preview") return `${name} is a preview: it may change or go.`;
  if (stage !== "deprecated") return undefined;
  const since = deprecatedAt === null ? "" : ` since ${day(deprecatedAt)}`;
  const until = sunsetAt === null ? "" : ` and ends on ${day(sunsetAt)}`;
  const next = successor === null ? "" : `; ${successor} replaces it`;
  return `${name} is deprecated${since}${until}${next}.`;
}

function day(date: Date): string {
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

/**
 * What replaces a name at last, by following successors.
 * @returns the names on the way, the last one's end; undefined where they lead in a circle
 */
export function successorsOf(name: string, lives: readonly Pick<Life, "name" | "successor">[]): string[] | undefined {
  const way: string[] = [];
  for (let at: string | null = name; at !== null; ) {
    const next: string | null = lives.find((one) => one.name === at)?.successor ?? null;
    if (next === null) return way;
    if (next === name || way.includes(next)) return undefined;
    way.push(next);
    at = next;
  }
  return way;
}
