import { availableParallelism, cpus, totalmem } from "node:os";

/** One line of the result. `ratio` is ours ÷ peer turned so that above 1 is better than the peer. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly peer: number | null;
  readonly ratio: number | null;
  /** For the table: the tile that was used, what the peer is, why there is no figure. */
  readonly note?: string;
}

export interface Machine {
  readonly device: string;
  /** The adapter is a CPU in disguise, and the figures say nothing about a GPU. */
  readonly software: boolean;
  readonly timing: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
}

export function describeMachine(device: string, software: boolean, timing: string): Machine {
  return {
    device,
    software,
    timing,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    os: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

export function row(
  name: string,
  unit: string,
  ours: number | null,
  { better = "more", note, peer = null }: { peer?: number | null; better?: "more" | "less"; note?: string } = {},
): Row {
  const ratio = ours === null || peer === null ? null : better === "more" ? ours / peer : peer / ours;
  return { name, unit, ours: rounded(ours), peer: rounded(peer), ratio: rounded(ratio), note };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}

export function printTable(machine: Machine, rows: readonly Row[]): string {
  const shown = (value: number | null) =>
    value === null ? "–" : value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const cells = [
    ["", "ours", "peer", "ratio", "unit", ""],
    ...rows.map(({ name, note = "", ours, peer, ratio, unit }) => [
      name,
      shown(ours),
      shown(peer),
      ratio === null ? "–" : ratio.toPrecision(3),
      unit,
      note,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const numeric = new Set([1, 2, 3]);
  const lines = cells.map((line) =>
    line
      .map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const head = [
    `${machine.device}, timed by ${machine.timing}; ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`,
  ];
  if (machine.software) {
    head.push("This adapter is a CPU in disguise: results are checked, and the figures MEAN NOTHING about a GPU.");
  }
  return [...head, "", ...lines, ""].join("\n");
}
