import type { Version } from "./types.ts";

const looks = { train: "bg-accent", validation: "bg-warn", test: "bg-good" } as const;
const names = ["train", "validation", "test"] as const;

/** How the examples are divided, as shares of a bar and in words. */
export function SplitBar({ version }: { readonly version: Pick<Version, "rows" | "splits"> }) {
  const counts = names.map((name) => ({ name, count: version.splits[name] ?? 0 }));
  const said = counts.map(({ count, name }) => `${count.toLocaleString("en")} ${name}`).join(", ");
  return (
    <span className="flex items-center gap-2.5">
      <span aria-hidden className="flex h-1.5 w-20 gap-px overflow-hidden rounded-full bg-pressed">
        {counts.map(({ count, name }) =>
          count === 0 ? null : <span key={name} className={looks[name]} style={{ flexGrow: count }} />,
        )}
      </span>
      <span className="text-ink-2 text-xs tabular-nums">
        <span className="sr-only">{said}</span>
        <span aria-hidden>{counts.map(({ count }) => count.toLocaleString("en")).join(" / ")}</span>
      </span>
    </span>
  );
}
