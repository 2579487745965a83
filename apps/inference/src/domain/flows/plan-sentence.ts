import { latencyText, usdText } from "../tasks/requirements.ts";
import type { FlowPlanReport } from "./plan-report.ts";

type Told = Omit<FlowPlanReport, "sentence">;

/** What a planning found, in a sentence or two. */
export function planSentence(flow: string, { binding, entries, isPriced, require }: Told): string {
  const [chosen, ...others] = entries;
  if (chosen === undefined) return `${flow} was not measured.`;
  const said = Object.entries(chosen.ways).map(([step, way]) => `${step}: ${way}`);
  const holds = Object.keys(chosen.misses).length === 0;
  const wanted = Object.values(require).some((one) => one !== undefined);
  const lost = others.filter(({ default: of }) => of !== null);
  const none = chosen.default === null && lost.every(({ misses }) => Object.keys(misses).length > 0);
  const first = holds
    ? `${said.join(", ")} ${wanted ? "holds every requirement" : "is best"}${none && wanted ? ", which no single default does" : ""}.`
    : `No combination that was measured holds every requirement; ${said.join(", ")} misses least.`;
  const unpriced = isPriced ? "" : " Nothing that it asks has a price, so its cost says nothing; an admin sets prices.";
  if (binding === null) return first + unpriced;
  const what = { quality: "Quality", latencyMs: "Latency", costMicroUsd: "Cost" }[binding.requirement];
  return `${first} ${what} binds, at the step ${binding.step}.${unpriced}`;
}

export function figureText(name: "quality" | "latencyMs" | "costMicroUsd", value: number): string {
  if (name === "quality") return value.toFixed(2);
  return name === "latencyMs" ? latencyText(value) : `$${usdText(value / 1000)} / 1k`;
}

/** The report as a tree, as EXPLAIN shows a task's. */
export function planTree(flow: string, number: number, report: FlowPlanReport): string {
  const { binding, combinations, entries, measured, questions, steps } = report;
  const [chosen, ...others] = entries;
  const lines = [
    `${flow} → plan ${number}   measured on ${questions} questions, ${measured} of ${combinations} combinations`,
  ];
  if (chosen === undefined) return lines.join("\n");
  const row = ({ figures, high, low, misses }: (typeof entries)[number]) => {
    const cross = (name: keyof typeof misses) => (misses[name] === undefined ? "" : " ✗");
    return [
      `quality ${figureText("quality", figures.quality)} [${low.toFixed(2)}, ${high.toFixed(2)}]${cross("quality")}`,
      `p95 ${figureText("latencyMs", figures.latencyMs)}${cross("latencyMs")}`,
      `${figureText("costMicroUsd", figures.costMicroUsd)}${cross("costMicroUsd")}`,
    ].join("   ");
  };
  lines.push(`└─ ${row(chosen)}`);
  for (const [i, one] of steps.entries()) {
    const left = one.qualityLeft > 0.001 ? `   its best way: +${one.qualityLeft.toFixed(2)} quality` : "";
    const binds = binding?.step === one.step ? "   ← binds" : "";
    const way = one.way === "" ? "" : ` (${one.way})`;
    lines.push(
      `   ${i === steps.length - 1 ? "└─" : "├─"} ${one.step}${way}   p95 ${figureText("latencyMs", one.latencyMs)}   ${figureText("costMicroUsd", one.costMicroUsd)}${left}${binds}`,
    );
  }
  for (const [i, other] of others.slice(0, 12).entries()) {
    const ways =
      other.default ??
      Object.entries(other.ways)
        .map(([step, way]) => `${step}: ${way}`)
        .join(", ");
    lines.push(`${i === 0 ? "lost: " : "      "}${ways}   ${row(other)}`);
    if (other.failed > 0)
      lines.push(`         ${other.failed} of ${questions} ended without an answer: ${other.failure}`);
  }
  return lines.join("\n");
}
