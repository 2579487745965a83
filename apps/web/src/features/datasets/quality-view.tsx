"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { DatasetDetail, Version } from "./types.ts";

/** What is mended by leaving rows out; other mends change what rows say, and are a person's to make. */
const leaveOut: ReadonlySet<string> = new Set(["empty", "duplicates", "near-duplicates", "rare-label"]);

export interface QualityViewProps {
  readonly dataset: DatasetDetail;
  readonly version: Version;
}

/** What would hold back a model that learns from these examples, or a measurement by them. */
export function QualityView({ dataset, version }: QualityViewProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const found = useQuery(trpc.datasets.check.queryOptions({ dataset: dataset.id, version: version.number }));
  const edit = useMutation(
    trpc.datasets.edit.mutationOptions({
      onSuccess: async ({ version: next }) => {
        await client.invalidateQueries(trpc.datasets.pathFilter());
        toast({ tone: "good", text: `They are left out of version ${next.number}.` });
      },
    }),
  );
  const refusal = (found.error ?? edit.error) ? problemOf(found.error ?? edit.error) : undefined;
  const write = may("datasets:write") && version.number === dataset.versions[0]?.number;
  return (
    <div className="grid gap-3 p-4">
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {found.data ? (
        <>
          <p className="text-ink-2">
            {found.data.findings.length === 0
              ? "Nothing stands out: no repeats, no contradictions, no rare answers."
              : `${plural(found.data.findings.length, "thing")} to look at before anything learns from these.`}
            {version.rows > found.data.looked
              ? ` The first ${found.data.looked.toLocaleString("en")} were looked at.`
              : ""}
          </p>
          <ul className="grid gap-2">
            {found.data.findings.map(({ kind, positions, sentence, weight }) => (
              <li key={kind} className="flex flex-wrap items-center gap-3 rounded-md border border-line px-3 py-2">
                <div className="min-w-0 grow basis-64">
                  <p className={weight === "stop" ? "text-bad" : undefined}>{sentence}</p>
                  {positions.length > 0 ? (
                    <p className="truncate text-ink-3 text-xs">
                      {positions.length === 1 ? "row" : "rows"} {positions.slice(0, 12).join(", ")}
                      {positions.length > 12 ? " …" : ""}
                    </p>
                  ) : null}
                </div>
                {write && leaveOut.has(kind) && positions.length > 0 ? (
                  <Button
                    size="sm"
                    disabled={edit.isPending}
                    onClick={() =>
                      edit.mutate({
                        dataset: dataset.id,
                        seen: version.number,
                        edits: positions.map((position) => ({ kind: "remove", position })),
                        note: `Left out: ${kind}`,
                      })
                    }
                  >
                    Leave them out
                  </Button>
                ) : null}
              </li>
            ))}
          </ul>
        </>
      ) : refusal ? null : (
        <p className="text-ink-3">Looking…</p>
      )}
    </div>
  );
}
