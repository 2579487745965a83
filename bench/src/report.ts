import { availableParallelism, cpus, loadavg } from "node:os";

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** JSON to stdout, and to stderr the rows as docs/performance.md has them. */
export function report(results: readonly Row[]): void {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    node: process.version,
    // What others did meanwhile.
    load: loadavg()[0],
  };
  process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  for (const { name, ours, unit } of results) {
    process.stderr.write(`| ${name} | ${unit} | ${Number(ours.toPrecision(4))} |\n`);
  }
}
