import { writeFile } from "node:fs/promises";
import {
  coverage,
  falseDriftAlarms,
  intervalTrials,
  nullTrials,
  peeking,
  stopping,
  underTheNull,
} from "@tugboat/statistics";

/** Simulates every method at full size and writes docs/statistics.md: `npm run docs:statistics`. */
const sets = 2000;
const sizes = [20, 50, 200];
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const intervals = intervalTrials.map((trial) => [
  trial.name,
  trial.data,
  ...sizes.map((n) => percent(coverage(trial, n, sets))),
]);
const nulls = nullTrials.flatMap((trial) =>
  sizes.map((n) => {
    const { gap, p, upTo } = underTheNull(trial, n, sets);
    const uniform = trial.discrete ? "discrete: at most" : `${gap.toFixed(3)} (p = ${p.toFixed(2)})`;
    return [trial.name, String(n), ...upTo.map(({ share }) => percent(share)), uniform];
  }),
);
const looks = [100, 400].map((n) => {
  const { bets, naive, wins } = peeking(n, sets);
  return [String(n), percent(bets), percent(wins), percent(naive)];
});
const stops = [0.05, 0.1, 0.2].map((difference) => {
  const { examples, stopped } = stopping(difference, 1000, sets);
  return [percent(difference), percent(stopped), examples.toFixed(0)];
});
const drift = [200, 500].map((length) => [String(length), falseDriftAlarms(length, 1000).toFixed(0)]);

const text = `# Statistics

Every figure that a page shows with "how sure" comes from \`packages/statistics/src\`: pure functions, one
method to a file, each with its source in its docstring. They are tested against published values
(\`published.test.ts\`), against SciPy (\`scipy.test.ts\`, fixtures by \`oracle/scipy_figures.py\`) and by simulation
(\`simulations.test.ts\`, a reduced size). This page is the simulation at full size, written by
\`npm run docs:statistics\`: ${sets.toLocaleString("en")} data sets for each figure, so that chance alone moves a figure of
95 % by about one point.

## Intervals: how often they hold the truth (95 % promised)

${table(["method", "data", ...sizes.map((n) => `n = ${n}`)], intervals)}

## Tests: p-values when nothing is different

Shares of p-values up to 1, 5, 10 and 50 %, and the largest gap to the uniform distribution (Kolmogorov's test). An exact
test of counts can only be more careful than asked.

${table(["test", "n", "≤ 1 %", "≤ 5 %", "≤ 10 %", "≤ 50 %", "gap to uniform"], nulls)}

## Looking after every example

How often a test at 5 % alarms at least once when nothing is different and somebody looks after each example.

${table(["examples", "bets on graded scores", "wins and losses", "plain test, looked at each time"], looks)}

When one candidate is better (either alone right 15 % of the time, and the better one by so much more), stopping as soon as
the evidence is 20 to 1, at 1,000 examples at the latest:

${table(["better by", "found", "examples used on average"], stops)}

## Drift

Values between two false alarms, on average, of the two-sided cumulative sum with half a deviation of slack.

${table(["promised", "simulated"], drift)}
`;
await writeFile(new URL("../../../docs/statistics.md", import.meta.url), text);
