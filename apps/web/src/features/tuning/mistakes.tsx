"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Report, RunDetail } from "./types.ts";

const shownAtFirst = 20;

type Wrong = Report["wrong"][number];

/**
 * What it got wrong, what lies close together first. A person says what is right, and a second run learns it from the
 * adapter of this one.
 */
export function Mistakes({ report, run }: { readonly run?: RunDetail | undefined; readonly report: Report }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { may } = useSession();
  const [corrections, setCorrections] = useState<Readonly<Record<string, string>>>({});
  const [showsAll, setShowsAll] = useState(false);
  const again = useMutation(
    trpc.tuning.again.mutationOptions({ onSuccess: (next) => router.push(`/tuning/${next.run}`) }),
  );
  const { clusters, counts, wrong } = report;
  if (run?.config.where === "browser") {
    return (
      <Panel title="What it got wrong">
        <p className="text-ink-2">It was trained in a browser, and its texts stayed there.</p>
      </Panel>
    );
  }
  if (wrong.length === 0) {
    return (
      <Panel title="What it got wrong" note={`0 of ${counts.heldOut}`}>
        <p className="text-ink-2">Nothing, on the examples that were held out.</p>
      </Panel>
    );
  }
  const groups =
    clusters.length > 0
      ? clusters.map(({ answer, expected, members, words }) => ({
          name: words.length > 0 ? words.join(", ") : `${expected} taken for ${answer}`,
          note: words.length > 0 && report.kind === "labels" ? `mostly ${expected} taken for ${answer}` : undefined,
          rows: members.flatMap((at) => wrong[at] ?? []),
        }))
      : [{ name: "All of them", note: undefined, rows: wrong }];
  const most = Math.max(...groups.map(({ rows }) => rows.length));
  const given = Object.entries(corrections).filter(([, right]) => right.trim() !== "");
  const mayCorrect = run !== undefined && may("tuning:write");
  const refusal = again.error ? problemOf(again.error) : undefined;
  let room = showsAll ? Number.POSITIVE_INFINITY : shownAtFirst;
  return (
    <Panel
      title="What it got wrong"
      note={`${wrong.length} of ${counts.heldOut}, what is alike together${mayCorrect ? "; say what is right, and it learns that" : ""}`}
      actions={
        given.length > 0 ? (
          <Button
            kind="primary"
            size="sm"
            disabled={again.isPending}
            onClick={() => {
              const corrections = given.map(([input, right]) => ({ input, right }));
              if (run) again.mutate({ id: run.id, corrections });
            }}
          >
            Tune again with {plural(given.length, "correction")}
          </Button>
        ) : null
      }
    >
      <div className="grid gap-4">
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {groups.map(({ name, note, rows }) => {
          const shown = rows.slice(0, Math.max(0, room));
          room -= shown.length;
          if (shown.length === 0) return null;
          return (
            <section key={name} aria-label={name} className="grid gap-1.5">
              <h3 className="flex flex-wrap items-center gap-x-2.5">
                <span className="font-medium">{name}</span>
                <span aria-hidden className="h-1.5 w-24 overflow-hidden rounded-full bg-hover">
                  <span className="block h-full bg-bad" style={{ width: `${(rows.length / most) * 100}%` }} />
                </span>
                <span className="text-ink-3 text-xs">
                  {rows.length}
                  {note ? `, ${note}` : ""}
                </span>
              </h3>
              <ul className="divide-y divide-line rounded-md border border-line">
                {shown.map((one) => (
                  <MistakeRow
                    key={one.input}
                    wrong={one}
                    labels={report.labels}
                    right={corrections[one.input] ?? ""}
                    mayCorrect={mayCorrect}
                    onRight={(right) => setCorrections({ ...corrections, [one.input]: right })}
                  />
                ))}
              </ul>
            </section>
          );
        })}
        {!showsAll && wrong.length > shownAtFirst ? (
          <div>
            <Button size="sm" onClick={() => setShowsAll(true)}>
              Show all {wrong.length}
            </Button>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

interface MistakeRowProps {
  readonly wrong: Wrong;
  readonly labels: readonly string[];
  readonly right: string;
  readonly mayCorrect: boolean;
  onRight(right: string): void;
}

function MistakeRow({ labels, mayCorrect, onRight, right, wrong }: MistakeRowProps) {
  const name = `Right answer to “${wrong.input.slice(0, 60)}”`;
  return (
    <li className="grid gap-2 px-3 py-2 md:grid-cols-[minmax(0,1fr)_minmax(0,14rem)_minmax(0,12rem)] md:items-center">
      <span className="min-w-0 break-words">{wrong.input}</span>
      <span className="min-w-0 break-words text-ink-2 text-xs">
        said <span className="text-bad">{wrong.answer || "nothing"}</span>, expected{" "}
        <span className="text-ink">{wrong.expected}</span>
      </span>
      {mayCorrect ? (
        labels.length > 0 ? (
          <Select aria-label={name} value={right} onChange={(event) => onRight(event.currentTarget.value)}>
            <option value="">right is …</option>
            {labels.map((label) => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </Select>
        ) : (
          <Input
            aria-label={name}
            placeholder="right is …"
            value={right}
            onChange={(event) => onRight(event.currentTarget.value)}
          />
        )
      ) : null}
    </li>
  );
}
