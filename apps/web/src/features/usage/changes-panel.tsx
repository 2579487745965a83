import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { duration, formatCount, written } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";

type Changes = inferRouterOutputs<AppRouter>["usage"]["changes"];
type Change = Changes["changes"][number];

const kinds: Readonly<Record<Change["kind"], string>> = { alias: "Alias", task: "Task", prompt: "Prompt" };
const moment = new Intl.DateTimeFormat("en-GB", {
  ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" },
});

/** What changed in this time, and how long its answers took before and after. */
export function ChangesPanel({ found }: { readonly found: Changes }) {
  return (
    <Panel title="Changes" note={`the ${found.hours} hours before and after each, UTC`} padded={false}>
      <ScrollRegion label="Changes" className="overflow-x-auto focus-ring">
        <table className="w-full border-collapse text-left">
          <thead>
            <tr className="h-9 border-line border-b text-ink-3 text-xs [&>th]:whitespace-nowrap [&>th]:px-4 [&>th]:font-medium">
              <th scope="col">
                <span className="sr-only">Number on the chart</span>
              </th>
              <th scope="col">What changed</th>
              <th scope="col">When</th>
              <th scope="col" className="text-right">
                First token, 95 %
              </th>
              <th scope="col" className="text-right">
                Whole answer, 95 %
              </th>
              <th scope="col" className="text-right">
                Requests
              </th>
            </tr>
          </thead>
          <tbody>
            {found.changes.map((change, index) => (
              <tr
                key={`${change.at} ${change.kind} ${change.name}`}
                className="border-line border-b last:border-b-0 [&>td]:whitespace-nowrap [&>td]:px-4 [&>td]:py-2"
              >
                <td className="text-ink-3">{index + 1}</td>
                <td>
                  <span className="text-ink-3">{kinds[change.kind]}</span>{" "}
                  <span className="font-medium">{change.name}</span>, {change.what}
                </td>
                <td>{moment.format(new Date(change.at))}</td>
                <td className="text-right">
                  <Times before={change.before.latency.ttft?.p95} after={change.after.latency.ttft?.p95} />
                </td>
                <td className="text-right">
                  <Times before={change.before.latency.duration?.p95} after={change.after.latency.duration?.p95} />
                </td>
                <td className="text-right">
                  {formatCount(change.before.requests)} → {formatCount(change.after.requests)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}

interface TimesProps {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Colour says better or worse only where the change is more than the figures' own 1 %. */
function Times({ after, before }: TimesProps) {
  const said = (ms: number | undefined) => (ms === undefined ? "–" : written(duration(ms)));
  const share = before !== undefined && after !== undefined && before > 0 ? after / before : 1;
  const tone = share < 0.98 ? "text-good" : share > 1.02 ? "text-bad" : undefined;
  return (
    <>
      {said(before)} → <span className={tone}>{said(after)}</span>
    </>
  );
}
