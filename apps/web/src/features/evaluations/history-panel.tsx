"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { fromNow } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { EvaluationDetail } from "./types.ts";
import { percent } from "./words.ts";

const cell = "border-line border-t px-4 py-2 text-left tabular-nums whitespace-nowrap";

/** The same candidates over time on the same dataset, and whether a change runs them again by itself. */
export function HistoryPanel({ evaluation }: { readonly evaluation: EvaluationDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const found = useQuery(trpc.evaluations.history.queryOptions({ id: evaluation.id })).data;
  const again = useMutation(
    trpc.evaluations.again.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.evaluations.history.queryFilter()),
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  if (found === undefined) return null;
  const names = evaluation.candidates;
  const entries = found.entries.filter(({ candidates }) => candidates.some(({ name }) => names.includes(name)));
  return (
    <Panel title="Over time" note={`by ${evaluation.evaluators[0]}, 95 % intervals`} padded={false}>
      {may("evaluations:write") ? (
        <div className="border-line border-b p-4">
          <Switch
            label="Run it again when something moves"
            hint="Its dataset, a prompt's label, an alias, a model or an evaluator; 12 times a day at most"
            checked={found.again}
            disabled={again.isPending}
            onChange={(on) => again.mutate({ id: evaluation.id, on })}
          />
        </div>
      ) : null}
      <ScrollRegion label="Scores over time" className="focus-ring overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="text-ink-3 text-xs">
            <tr>
              {["When", "Dataset", ...names].map((head) => (
                <th key={head} className="px-4 py-2 text-left font-normal">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.map(({ at, candidates, dataset, evaluation: id }) => (
              <tr key={id} aria-current={id === evaluation.id ? "true" : undefined}>
                <td className={cell}>
                  {id === evaluation.id ? (
                    <span className="font-medium">this one</span>
                  ) : (
                    <Link href={`/evaluations/${id}`} className="focus-ring rounded-sm underline">
                      {fromNow(Date.parse(at), Date.now())}
                    </Link>
                  )}
                </td>
                <td className={`${cell} text-ink-2`}>{dataset}</td>
                {names.map((name) => {
                  const one = candidates.find((each) => each.name === name);
                  return (
                    <td key={name} className={cell}>
                      {one === undefined ? (
                        <span className="text-ink-3">–</span>
                      ) : (
                        <>
                          {percent(one.score)}{" "}
                          <span className="text-ink-3 text-xs">
                            {percent(one.low)} – {percent(one.high)}
                          </span>{" "}
                          {one.fell ? <Badge tone="bad">fell</Badge> : null}
                        </>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}
