"use client";

import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { percent } from "../evaluations/words.ts";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** What all reviews of a queue say together; hidden until this person has judged enough not to be swayed. */
export function ReviewFigures({ queue, seen }: { readonly queue: string; readonly seen: number }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const query = useQuery(trpc.reviews.figures.queryOptions({ queue }, { placeholderData: keepPreviousData }));
  const collect = useMutation(
    trpc.reviews.collect.mutationOptions({
      onSuccess: ({ dataset, examples, version }) =>
        toast({
          tone: "good",
          text:
            examples === 0
              ? `${dataset} has all of them already.`
              : `${examples} examples are in ${dataset}@${version}.`,
        }),
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  const found = query.data;
  if (!found || found.reviews === 0 || seen === 0) return null;
  const target = found.kind === "pairs" ? "reviewed-preferences" : "reviewed-answers";
  return (
    <Panel
      title="What people say"
      note={`${found.reviews} reviews by ${found.people.length} ${found.people.length === 1 ? "person" : "people"}`}
      actions={
        may("reviews:write") ? (
          <Button size="sm" disabled={collect.isPending} onClick={() => collect.mutate({ queue, dataset: target })}>
            {found.kind === "pairs" ? "Make preference pairs" : "Make examples"}
          </Button>
        ) : undefined
      }
    >
      <div className="grid gap-4">
        {found.ranking.length > 0 ? (
          <IntervalChart
            format={percent}
            rows={found.ranking.map(({ name, preferred }, i) => ({ ...preferred, name, marked: i === 0 }))}
          />
        ) : (
          <ul className="grid gap-1">
            {found.ratings.map(({ count, mean, name }) => (
              <li key={name}>
                <span className="font-medium">{name}</span>: {mean.toFixed(2)} on average{" "}
                <span className="text-ink-3">({count} ratings)</span>
              </li>
            ))}
          </ul>
        )}
        <p className="text-ink-2 text-xs">
          {found.ranking.length > 0 ? "How often each would be preferred to an average one, with 95 % intervals. " : ""}
          {found.agreement
            ? `Where several people looked at the same there is ${found.agreement.words} (α ${found.agreement.alpha.score.toFixed(2)}, ${found.agreement.items} items).`
            : "Nobody has looked at what another did, so agreement is unknown."}
        </p>
        <p>
          <ButtonLink size="sm" href={`/evaluations/${found.evaluationId}`}>
            The evaluation
          </ButtonLink>
        </p>
      </div>
    </Panel>
  );
}
