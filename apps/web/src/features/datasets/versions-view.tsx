"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Select } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { useTRPC, useTRPCClient } from "../service/trpc.tsx";
import { readable } from "./example-text.ts";
import type { Change, DatasetDetail, Version } from "./types.ts";

export interface VersionsViewProps {
  readonly dataset: DatasetDetail;
  readonly onShow: (version: number) => void;
}

/** The versions, and what differs between two of them row by row. */
export function VersionsView({ dataset, onShow }: VersionsViewProps) {
  const [pair, setPair] = useState<{ from: number; to: number }>();
  const latest = dataset.versions[0]?.number ?? 0;
  const { from, to } = pair ?? { from: Math.max(0, latest - 1), to: latest };
  return (
    <div className="grid">
      <ol className="max-h-72 overflow-y-auto">
        {dataset.versions.map((version) => (
          <li
            key={version.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-3 border-line border-b px-4 py-2"
          >
            <div className="min-w-0">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">Version {version.number}</span>
                <Counts of={version} />
              </p>
              <p className="truncate text-ink-3 text-xs">
                {version.createdByName}, {fromNow(Date.parse(version.createdAt), Date.now())}
                {version.note ? ` · ${version.note}` : ""} · sha256:{version.digest.slice(0, 12)}
              </p>
            </div>
            <div className="flex items-center gap-1">
              <CopyButton text={`${dataset.name}@sha256:${version.digest}`} what="reference" />
              <Button
                size="sm"
                kind="quiet"
                aria-label={`What changed in version ${version.number}`}
                onClick={() => setPair({ from: version.number - 1, to: version.number })}
              >
                Changes
              </Button>
              <Button size="sm" aria-label={`Open version ${version.number}`} onClick={() => onShow(version.number)}>
                Open
              </Button>
            </div>
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2 text-xs">
        <span>From</span>
        <Pick
          label="From version"
          versions={dataset.versions}
          value={from}
          empty
          onPick={(one) => setPair({ from: one, to })}
        />
        <span>to</span>
        <Pick label="To version" versions={dataset.versions} value={to} onPick={(one) => setPair({ from, to: one })} />
      </div>
      <Diff key={`${from} ${to}`} dataset={dataset.id} from={from} to={to} />
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly versions: readonly Version[];
  readonly value: number;
  readonly empty?: boolean;
  readonly onPick: (version: number) => void;
}

function Pick({ empty, label, onPick, value, versions }: PickProps) {
  return (
    <Select aria-label={label} value={value} onChange={(event) => onPick(Number(event.currentTarget.value))}>
      {versions.map(({ number }) => (
        <option key={number} value={number}>
          version {number}
        </option>
      ))}
      {empty ? <option value={0}>nothing</option> : null}
    </Select>
  );
}

function Counts({ of }: { readonly of: Pick<Version, "added" | "changed" | "removed"> }) {
  return (
    <span className="flex gap-2 text-xs tabular-nums">
      {of.added > 0 ? <span className="text-good">+{of.added.toLocaleString("en")} added</span> : null}
      {of.changed > 0 ? <span className="text-warn">~{of.changed.toLocaleString("en")} changed</span> : null}
      {of.removed > 0 ? <span className="text-bad">−{of.removed.toLocaleString("en")} removed</span> : null}
    </span>
  );
}

function Diff({ dataset, from, to }: { readonly dataset: string; readonly from: number; readonly to: number }) {
  const trpc = useTRPC();
  const service = useTRPCClient();
  const pages = useInfiniteQuery({
    queryKey: [...trpc.datasets.diff.pathKey(), dataset, from, to],
    queryFn: ({ pageParam, signal }) =>
      service.datasets.diff.query({ dataset, from, to, after: pageParam, limit: 50 }, { signal }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const [first] = pages.data?.pages ?? [];
  const changes = pages.data?.pages.flatMap((page) => page.changes) ?? [];
  if (first === undefined) return <p className="px-4 py-6 text-ink-3">Comparing…</p>;
  if (changes.length === 0) return <p className="px-4 py-6 text-center text-ink-2">There is no difference.</p>;
  return (
    <div className="grid">
      <p className="px-4 py-2">
        <Counts of={first} />
      </p>
      <ul aria-label="Changed rows">
        {changes.map((change) => (
          <ChangeRow key={change.position} change={change} />
        ))}
      </ul>
      {pages.hasNextPage ? (
        <Button className="m-3" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </div>
  );
}

function ChangeRow({ change: { after, before, position } }: { readonly change: Change }) {
  return (
    <li className="grid grid-cols-[52px_minmax(0,1fr)] gap-x-3 border-line border-t px-4 py-2 text-xs">
      <span className="text-ink-3 tabular-nums">{position.toLocaleString("en")}</span>
      <div className="grid min-w-0 gap-1">
        {before ? <Side kind="removed" example={before} /> : null}
        {after ? <Side kind="added" example={after} /> : null}
      </div>
    </li>
  );
}

const sides = {
  removed: { look: "bg-bad-soft", mark: "−", said: "Before: " },
  added: { look: "bg-good-soft", mark: "+", said: "After: " },
} as const;

function Side({
  example,
  kind,
}: {
  readonly example: NonNullable<Change["before"]>;
  readonly kind: keyof typeof sides;
}) {
  const { look, mark, said } = sides[kind];
  return (
    <div className={`grid grid-cols-[12px_minmax(0,2fr)_minmax(0,1fr)] gap-x-2 rounded-sm px-2 py-1 ${look}`}>
      <span aria-hidden className="text-ink-3">
        {mark}
      </span>
      <span className="line-clamp-3 whitespace-pre-line break-words">
        <span className="sr-only">{said}</span>
        {readable(example.input)}
      </span>
      <span className="line-clamp-3 whitespace-pre-line break-words">
        {readable(example.expected) || "no answer"}
        <span className="text-ink-3">
          {example.tags.length > 0 ? ` · ${example.tags.join(", ")}` : ""}
          {example.split ? ` · ${example.split}` : ""}
        </span>
      </span>
    </div>
  );
}
