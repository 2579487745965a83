import type { Column } from "../../ui/data-table.tsx";
import { duration, formatCount, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import type { UsageReport } from "./usage-page.tsx";

type Group = UsageReport["by"][number];

/** @param total micro-dollars of all groups together */
export function usageColumns(header: string, total: number): readonly Column<Group>[] {
  const count = (id: "requests" | "inputTokens" | "cachedTokens" | "outputTokens", name: string, wide = false) => ({
    id,
    header: name,
    numeric: true,
    wide,
    value: (group: Group) => group[id],
    cell: (group: Group) => formatCount(group[id]),
  });
  const time = (id: string, name: string, of: (group: Group) => number | undefined): Column<Group> => ({
    id,
    header: name,
    numeric: true,
    wide: true,
    value: of,
    cell: (group) => {
      const ms = of(group);
      return ms === undefined ? <span className="text-ink-3">–</span> : written(duration(ms));
    },
  });
  return [
    {
      id: "name",
      header,
      value: (group) => group.name,
      cell: (group) => (
        <span className="block max-w-72 truncate font-medium" title={group.name}>
          {group.name}
        </span>
      ),
    },
    {
      id: "cost",
      header: "Cost, $",
      numeric: true,
      value: (group) => group.costMicroUsd / 1e6,
      cell: (group) => (
        <span title={`${formatCount(group.costMicroUsd)} micro-dollars`}>
          {money(group.costMicroUsd)}
          {total > 0 ? (
            <span className="ml-2 inline-block w-9 text-right text-ink-3 text-xs">
              {Math.round((100 * group.costMicroUsd) / total)} %
            </span>
          ) : null}
        </span>
      ),
    },
    count("requests", "Requests"),
    count("inputTokens", "Input"),
    count("cachedTokens", "Cached", true),
    count("outputTokens", "Output"),
    time("ttft50", "TTFT p50", ({ latency }) => latency.ttft?.p50),
    time("ttft95", "TTFT p95", ({ latency }) => latency.ttft?.p95),
    time("itl50", "ITL p50", ({ latency }) => latency.itl?.p50),
    time("duration95", "Answer p95", ({ latency }) => latency.duration?.p95),
  ];
}
