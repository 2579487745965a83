import { Status, type Tone } from "../../ui/badge.tsx";
import type { AliasVersion, Target } from "./types.ts";

const tones: Record<Target["health"], Tone> = {
  ready: "good",
  idle: "neutral",
  loading: "accent",
  down: "bad",
  off: "warn",
};
const words: Record<Target["health"], string> = {
  ready: "ready",
  idle: "loads when asked",
  loading: "loading",
  down: "down",
  off: "switched off",
};

/** Where requests go: each target with its share and how it is. */
export function TargetView({ version }: { readonly version: Pick<AliasVersion, "split" | "failover"> }) {
  return (
    <ul className="grid gap-1.5">
      {version.split
        .toSorted((a, b) => b.share - a.share)
        .map(({ share, target }) => (
          <li key={target.name} className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
            {version.split.length > 1 ? <span className="w-11 text-right tabular-nums">{share} %</span> : null}
            <span className="min-w-0 break-all font-mono text-xs">{target.name}</span>
            <span className="text-ink-2 text-xs">
              <Status tone={tones[target.health]} busy={target.health === "loading"}>
                {words[target.health]}
              </Status>
            </span>
          </li>
        ))}
      {version.failover.length > 0 ? (
        <li className="break-all text-ink-3 text-xs">
          when that is down: {version.failover.map(({ name }) => name).join(", then ")}
        </li>
      ) : null}
    </ul>
  );
}

/** `small`, or `small 90 %, lab/echo 10 %`. */
export function inWords({ split }: Pick<AliasVersion, "split">): string {
  const [only] = split;
  if (split.length === 1 && only) return only.target.name;
  return split
    .toSorted((a, b) => b.share - a.share)
    .map(({ share, target }) => `${target.name} ${share} %`)
    .join(", ");
}
