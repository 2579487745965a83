import { compact, duration, type Figure, written } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Stat } from "../../ui/stat.tsx";
import type { LoadSample, Overview } from "../service/types.ts";

type Up = Extract<Overview, { state: "up" }>;

/** The load in four figures. `undefined` while it is being asked for. */
export function LoadFigures({ overview }: { readonly overview: Up | undefined }) {
  const load = overview?.load;
  const history = overview?.history ?? [];
  // Known, known to be absent, or still on its way.
  const figure = (of: (load: NonNullable<typeof overview>["load"] & object) => Figure | null) =>
    overview === undefined ? undefined : load ? of(load) : null;
  const cached = load && load.promptTokens > 0 ? Math.round((100 * load.cachedTokens) / load.promptTokens) : undefined;
  return (
    <Panel padded={false}>
      <dl className="grid grid-cols-2 lg:grid-cols-4 [&>*]:p-4 max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l [&>*]:border-line">
        <Stat
          label="Requests"
          figure={figure(({ requests }) => compact(requests))}
          note={load ? `${load.failed === 0 ? "none failed" : `${load.failed} failed`} since the start` : undefined}
          chart={<Spark history={history} value={(sample) => sample.requestsPerMinute} label="Requests per minute" />}
        />
        <Stat
          label="In flight"
          figure={figure(({ active }) => compact(active))}
          note="running or waiting now"
          chart={<Spark history={history} value={(sample) => sample.active} label="Requests in flight" />}
        />
        <Stat
          label="Tokens written"
          figure={figure(({ completionTokens }) => compact(completionTokens))}
          note={load ? <Read load={load} cached={cached} /> : undefined}
          chart={<Spark history={history} value={(sample) => sample.tokensPerSecond} label="Tokens per second" />}
        />
        <Stat
          label="Time to first token"
          figure={figure(({ ttftMs }) => (ttftMs === undefined ? null : duration(ttftMs)))}
          note={
            load?.ttftP95Ms === undefined
              ? "median since the start"
              : `median; 95 % within ${written(duration(load.ttftP95Ms))}`
          }
        />
      </dl>
    </Panel>
  );
}

function Read({ load, cached }: { readonly load: NonNullable<Up["load"]>; readonly cached: number | undefined }) {
  const read = compact(load.promptTokens);
  return (
    <>
      {read.value}
      {read.unit ? ` ${read.unit}` : ""} read{cached ? `, ${cached} % from cache` : ""}
    </>
  );
}

interface SparkProps {
  readonly history: readonly LoadSample[];
  readonly value: (sample: LoadSample) => number;
  readonly label: string;
}

function Spark({ history, value, label }: SparkProps) {
  return <Sparkline values={history.map(value)} label={`${label}, last 15 minutes`} />;
}
