"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { plural } from "../../ui/format.ts";
import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Panel } from "../../ui/panel.tsx";
import { percent } from "../evaluations/words.ts";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { LearnFrom } from "./learn-from.tsx";
import type { Figures } from "./types.ts";

export interface ReviewFiguresProps {
  readonly queue: string;
  /** How many this person has judged. */
  readonly seen: number;
  readonly isDone: boolean;
}

/** What all reviews of a queue say together; hidden until this person has judged enough not to be swayed. */
export function ReviewFigures({ isDone, queue, seen }: ReviewFiguresProps) {
  const trpc = useTRPC();
  const { may } = useSession();
  const isShown = isDone || seen >= fewestBefore;
  const query = useQuery(
    trpc.reviews.figures.queryOptions({ queue }, { placeholderData: keepPreviousData, enabled: isShown && seen > 0 }),
  );
  const found = query.data;
  if (!isShown && seen > 0) {
    return (
      <p className="text-ink-3 text-xs">
        Who leads is shown after {fewestBefore} judgements or at the end, so that it sways nobody.
      </p>
    );
  }
  if (!found || found.reviews === 0 || seen === 0) return null;
  return (
    <Panel title="What people say" note={`${plural(found.reviews, "review")} by ${peopleOf(found)}`}>
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
                <span className="font-medium">{name}</span>: {count === 0 ? "–" : mean.toFixed(2)} on average{" "}
                <span className="text-ink-3">({plural(count, "rating")})</span>
              </li>
            ))}
          </ul>
        )}
        <p className="text-ink-2 text-xs">
          {found.ranking.length > 0 ? "How often each would be preferred to an average one, with 95 % intervals. " : ""}
          {found.agreement
            ? `Where several people looked at the same there is ${found.agreement.words} (α ${found.agreement.alpha.score.toFixed(2)}, ${plural(found.agreement.items, "item")}).`
            : "Nobody has looked at what another did, so agreement is unknown."}
        </p>
        <LearnFrom queue={queue} kind={found.kind} evaluation={found.evaluationId} may={may("reviews:write")} />
      </div>
    </Panel>
  );
}

/** With fewer, what others said would sway. */
const fewestBefore = 20;

function peopleOf({ people }: Figures): string {
  return people.length === 1 ? "one person" : `${people.length} people`;
}
