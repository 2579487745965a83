import { compact, duration, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { Stat } from "../../ui/stat.tsx";
import { useAlsoIn } from "../billing/also-in.ts";
import type { UsageReport } from "./usage-page.tsx";

/** The whole range in four figures. `undefined` while it is being asked for. */
export function UsageFigures({ report }: { readonly report: UsageReport | undefined }) {
  const alsoIn = useAlsoIn();
  const cached = report && report.inputTokens > 0 ? Math.round((100 * report.cachedTokens) / report.inputTokens) : 0;
  const { ttft, itl } = report?.latency ?? {};
  const ended = report && [
    report.failed > 0 && `${report.failed} failed`,
    report.aborted > 0 && `${report.aborted} cancelled`,
  ];
  return (
    <Panel padded={false}>
      <dl className="grid grid-cols-2 lg:grid-cols-4 [&>*]:p-4 max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l [&>*]:border-line">
        <Stat
          label="Cost"
          figure={report && { value: money(report.costMicroUsd) }}
          note={
            report?.costMicroUsd === 0 && report.requests > 0
              ? "nothing is priced, or it costs nothing"
              : [alsoIn(report?.costMicroUsd), perThousand(report)].filter(Boolean).join("; ")
          }
        />
        <Stat
          label="Requests"
          figure={report && compact(report.requests)}
          note={ended?.filter(Boolean).join(", ") || (report ? "all answered" : undefined)}
        />
        <Stat
          label="Tokens"
          figure={report && compact(report.inputTokens + report.outputTokens)}
          note={
            report &&
            `${written(compact(report.inputTokens))} read${cached > 0 ? ` (${cached} % cached)` : ""}, ${written(compact(report.outputTokens))} written`
          }
        />
        <Stat
          label="Time to first token"
          figure={report && (ttft ? duration(ttft.p50) : null)}
          note={
            ttft
              ? `median; 95 % within ${written(duration(ttft.p95))}${itl ? `, then ${written(duration(itl.p50))} a token` : ""}`
              : report && "nothing was measured"
          }
        />
      </dl>
    </Panel>
  );
}

function perThousand(report: UsageReport | undefined): string | undefined {
  if (report === undefined || report.requests === 0) return undefined;
  return `${money((report.costMicroUsd / report.requests) * 1000)} per 1,000 requests`;
}
