import type { Upstream } from "./types.ts";

/** An upstream as the form holds it; times in seconds. */
export interface UpstreamDraft {
  readonly name: string;
  readonly baseUrl: string;
  readonly secret: string;
  /** Takes the stored secret away. */
  readonly forgetSecret: boolean;
  readonly secretHeader: string;
  /** One a line: `x-team: a`. */
  readonly headers: string;
  /** One a line. */
  readonly extraModels: string;
  readonly connectS: string;
  readonly firstByteS: string;
  readonly idleS: string;
  readonly totalS: string;
}

export const newUpstream: UpstreamDraft = {
  name: "",
  baseUrl: "",
  secret: "",
  forgetSecret: false,
  secretHeader: "authorization",
  headers: "",
  extraModels: "",
  connectS: "5",
  firstByteS: "60",
  idleS: "30",
  totalS: "600",
};

export function upstreamDraft(upstream: Upstream): UpstreamDraft {
  const seconds = (ms: number) => String(ms / 1000);
  return {
    ...newUpstream,
    name: upstream.name,
    baseUrl: upstream.baseUrl,
    secretHeader: upstream.secretHeader,
    headers: Object.entries(upstream.headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    extraModels: upstream.extraModels.join("\n"),
    connectS: seconds(upstream.connectTimeoutMs),
    firstByteS: seconds(upstream.firstByteTimeoutMs),
    idleS: seconds(upstream.idleTimeoutMs),
    totalS: seconds(upstream.totalTimeoutMs),
  };
}

/** What the service is sent. A secret that was not typed is left out: the stored one stays. */
export function upstreamInput(draft: UpstreamDraft) {
  const ms = (seconds: string) => Math.round(Number(seconds) * 1000);
  const typed = draft.secret.trim();
  return {
    name: draft.name.trim(),
    baseUrl: draft.baseUrl.trim(),
    ...(typed === "" ? (draft.forgetSecret ? { secret: null } : {}) : { secret: typed }),
    secretHeader: draft.secretHeader.trim(),
    headers: headersOf(draft.headers),
    extraModels: linesOf(draft.extraModels),
    connectTimeoutMs: ms(draft.connectS),
    firstByteTimeoutMs: ms(draft.firstByteS),
    idleTimeoutMs: ms(draft.idleS),
    totalTimeoutMs: ms(draft.totalS),
  };
}

function linesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}

/** A line without a colon becomes a header's name without a value: the service says what is wrong with it. */
function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [line, ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}
