import { Status } from "../../ui/badge.tsx";
import { bytes, compact, formatCount, plural, written } from "../../ui/format.ts";
import { looks } from "./looks.ts";
import type { Deployment } from "./types.ts";

type Replica = Deployment["replicas"][number];

/** What each worker of a model does now; nothing where it has one, of which the row above tells. */
export function Replicas({ deployment }: { readonly deployment: Deployment }) {
  const { model, placements, replicas, retries } = deployment;
  const placed = placements.sticky + placements.spread + placements.spilled;
  const isPlain = ({ node, pool, stages }: Replica) => node === null && pool === null && stages.length === 0;
  if (replicas.length < 2 && replicas.every(isPlain)) return <Retries retries={retries} />;
  return (
    <div className="mt-1 grid gap-1">
      <ul aria-label={`Replicas of ${model}`} className="grid gap-1">
        {replicas.map((replica) => (
          <li key={`${replica.node} ${replica.id}`} className="rounded-md border border-line px-2 py-1 tabular-nums">
            <p className="flex flex-wrap items-center gap-x-2">
              <Status tone={looks[replica.state].tone} busy={replica.state === "loading"}>
                {replica.node === null ? "" : `${replica.node}, `}
                {replica.pool === "prefill" ? "prefill worker" : "replica"} {replica.id} {looks[replica.state].word}
              </Status>
            </p>
            <p className="text-ink-2">{doing(replica)}</p>
            <Stages stages={replica.stages} />
            {replica.error && replica.state !== "ready" ? (
              <p className="break-words text-bad">{replica.error}</p>
            ) : null}
          </li>
        ))}
      </ul>
      {placed > 0 ? (
        <p className="text-ink-3 tabular-nums">
          {percent(placements.sticky / placed)} of requests went where their prefix is
          {placements.spread > 0 ? `, ${percent(placements.spread / placed)} were parts of a hot key` : ""}
          {placements.spilled > 0 ? `, ${percent(placements.spilled / placed)} went on because that was full` : ""}
        </p>
      ) : null}
      <HandOvers handOvers={deployment.handOvers} />
      <Retries retries={retries} />
    </div>
  );
}

/** What each process of a divided worker computes, and how busy it is: the busiest is what holds the others up. */
function Stages({ stages }: Pick<Replica, "stages">) {
  if (stages.length === 0) return null;
  return (
    <ol aria-label="Stages" className="mt-1 flex flex-wrap gap-x-3 text-ink-3">
      {stages.map((stage, i) => (
        // Stages keep their order as long as their worker lives.
        // biome-ignore lint/suspicious/noArrayIndexKey: two workers of the head have nothing else that tells them apart
        <li key={i}>
          {stageName(stage)} {percent(stage.busy)} busy · {written(bytes(stage.rssBytes))}
        </li>
      ))}
    </ol>
  );
}

export function stageName({ embedding, firstLayer, head, layers }: Replica["stages"][number]): string {
  if (layers === 0) return embedding ? "embedding" : "logits and sampling";
  const range = layers === 1 ? `layer ${firstLayer + 1}` : `layers ${firstLayer + 1}–${firstLayer + layers}`;
  return `${embedding ? "embedding, " : ""}${range}${head ? ", logits" : ""}`;
}

function HandOvers({ handOvers }: Pick<Deployment, "handOvers">) {
  if (handOvers === null || handOvers.requests + handOvers.missed === 0) return null;
  const { bytes: size, missed, ms, requests } = handOvers;
  return (
    <p className="text-ink-3 tabular-nums">
      {plural(requests, "prompt")} handed over
      {requests > 0 ? `, ${written(bytes(size / requests))} in ${formatCount(Math.round(ms / requests))} ms each` : ""}
      {missed > 0 ? `; ${plural(missed, "prompt")} read by a replica itself, because no prefill worker could` : ""}
    </p>
  );
}

function Retries({ retries }: { readonly retries: number }) {
  if (retries === 0) return null;
  return <p className="text-ink-3 tabular-nums">{plural(retries, "request")} begun anew because a worker had died.</p>;
}

function doing({ batch, inFlight, kvUse, prefixHits, restarts, rssBytes, tokensPerSecond, waiting }: Replica): string {
  return [
    `${formatCount(inFlight)} in flight`,
    batch > 0 ? `${formatCount(batch)} in each step` : undefined,
    waiting > 0 ? `${formatCount(waiting)} waiting` : undefined,
    `${written(compact(Math.round(tokensPerSecond)))} tokens/s`,
    kvUse === null ? undefined : `KV cache ${percent(kvUse)} full`,
    prefixHits === null ? undefined : `${percent(prefixHits)} of prompts cached`,
    rssBytes === null ? undefined : written(bytes(rssBytes)),
    restarts > 0 ? `restarted ${plural(restarts, "time")}` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
