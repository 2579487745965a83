import type { DeviceInfo } from "../device.ts";
import { type KvShape, valuePitch } from "./kv-layout.ts";

/** Tile sizes of the attention kernel: its lanes, and the overrides that attention.wgsl explains. */
export interface TilePlan {
  readonly lanes: number;
  readonly constants: {
    readonly ROWS: number;
    readonly T: number;
    readonly MR: number;
    readonly NK: number;
    readonly NV: number;
    readonly LX: number;
    readonly PAD: number;
  };
}

interface Target {
  /** Query vectors that a prefill tile aims at: enough to pay for unpacking keys and values once. */
  readonly queries: number;
  /** Workgroup memory: of a CPU a first-level cache, of a GPU so little that two or more fit a core side by side. */
  readonly bytes: number;
  /** Positions at a time, at most; on a GPU no more than a workgroup usually has lanes. */
  readonly positions: number;
}

const CPU: Target = { queries: 32, bytes: 48 * 1024, positions: 64 };
const GPU: Target = { queries: 16, bytes: 16 * 1024, positions: 32 };

/**
 * Tile sizes for a device. They change speed, and results only by rounding. On the CPU decode and prefill take the same
 * positions at a time, so that a row's result is the same to the bit whatever else is in its step.
 * @param group query heads that share a KV head
 */
export function planTile(info: DeviceInfo, group: number, kv: KvShape, phase: "decode" | "prefill"): TilePlan {
  const isCpu = info.workgroupSize === 1;
  const target = isCpu ? CPU : GPU;
  const budget = isCpu ? target.bytes : Math.min(info.maxWorkgroupMemory, target.bytes);
  const positions = !isCpu
    ? Math.min(target.positions, Math.max(16, info.workgroupSize))
    : phase === "decode"
      ? target.positions
      : planTile(info, group, kv, "decode").constants.T;
  const pitch = valuePitch(kv);
  const lanes = isCpu ? 1 : Math.min(info.workgroupSize * 2, 128);
  let rows = phase === "decode" ? 1 : Math.max(1, Math.floor(target.queries / group));
  for (; ; rows = Math.floor(rows / 2)) {
    const registers = isCpu ? cpuRegisters(rows * group) : gpuRegisters(rows * group);
    // Shorter tiles cost more than fewer rows, so rows give way first.
    const shortest = rows === 1 ? 4 : isCpu ? positions : 16;
    for (let T = positions; T >= shortest; T /= 2) {
      const constants = {
        ROWS: rows,
        T,
        MR: registers.MR,
        NK: largestDivisor(T / 4, registers.columns),
        NV: largestDivisor(pitch, registers.columns),
        LX: Math.min(lanes, 16),
        PAD: isCpu ? 0 : 1,
      };
      const isLast = rows === 1 && T === 4;
      if (isLast || tileBytes(constants, group, kv) <= budget) return { lanes, constants };
    }
  }
}

/** Workgroup memory of a tile. */
export function tileBytes({ ROWS, T, MR, PAD }: TilePlan["constants"], group: number, kv: KvShape): number {
  const queries = Math.ceil((ROWS * group) / MR) * MR;
  const pitch = valuePitch(kv);
  const tile = Math.max((T / 4) * (kv.headDim + PAD), T * pitch) * 16;
  // Queries, sums, scores and weights, three numbers per query vector.
  return tile + queries * (kv.headDim * 4 + pitch * 16 + T * 8 + 12);
}

/**
 * Into how many parts a decode step should cut its contexts, when it has so many (row, KV head) pairs: enough
 * workgroups for the device, and on the CPU the same number for every thread.
 */
export function attentionSplits(info: DeviceInfo, pairs: number): number {
  if (info.kind === "cpu")
    return pairs % info.threads === 0 || pairs >= 4 * info.threads ? 1 : Math.min(info.threads, 16);
  return Math.max(1, Math.min(16, Math.floor(256 / pairs)));
}

interface Registers {
  readonly MR: number;
  readonly columns: number;
}

/** WebAssembly has about 15 vector registers for accumulators, the vec4s of K or V, and one number of Q; measured best. */
function cpuRegisters(queries: number): Registers {
  if (queries === 1) return { MR: 1, columns: 4 };
  return queries === 3 ? { MR: 3, columns: 2 } : { MR: 2, columns: 4 };
}

function gpuRegisters(queries: number): Registers {
  // A load of K or V costs what a query vector computed for nothing costs.
  const cost = (rows: number) => Math.ceil(queries / rows) * (rows + 1);
  return { MR: [4, 3, 2, 1].reduce((best, rows) => (cost(rows) < cost(best) ? rows : best)), columns: 2 };
}

function largestDivisor(value: number, most: number): number {
  for (let divisor = most; divisor > 1; divisor--) if (value % divisor === 0) return divisor;
  return 1;
}
