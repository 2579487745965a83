/** What a machine was measured to do at best. */
export interface Peaks {
  /** 10⁹ bytes a second, read by a matrix × vector product that no cache holds. */
  readonly bandwidth: number;
  /** 10⁹ operations a second of a product of many rows; a multiplication and its addition are two. */
  readonly arithmetic: number;
}

export type WorkKind = "embedding" | "layers, prefill" | "layers, decode" | "head and sampling" | "hand-over";

/** One kind of work as it was measured. */
export interface Work {
  readonly kind: WorkKind;
  /** Of one run of it. */
  readonly ms: number;
  /** 10⁹ operations, and 10⁹ bytes that must come from memory, in that run. */
  readonly operations: number;
  readonly bytes: number;
  /** Milliseconds of it that one request takes, of those that share its runs. */
  readonly msPerRequest: number;
}

export type Resource = "arithmetic" | "memory bandwidth" | "neither";

export interface Explained extends Work {
  /** Of the machine's measured peaks, from 0 to about 1. */
  readonly arithmeticShare: number;
  readonly bandwidthShare: number;
  /** What it is nearest to the end of. */
  readonly binds: Resource;
  /** Of a request's time, from 0 to 1. */
  readonly share: number;
  /** Requests a second with one more worker of this kind, ÷ without, where each kind has one worker with a machine like this. */
  readonly gain: number;
}

export interface Explanation {
  readonly work: readonly Explained[];
  /** The kind that holds the others up when each has one worker of its own, and what it is short of. */
  readonly slowest: WorkKind;
  readonly binds: Resource;
  /** Requests a second: of one worker that does everything, and of one worker of each kind. */
  readonly together: number;
  readonly apart: number;
}

/** Below that part of both peaks it is neither that a run waits for: dispatches, small matrices, the host. */
const leastShare = 0.25;

/**
 * Which resource binds each kind of work (the roofline model: Williams, Waterman and Patterson 2009), and what one more worker
 * would bring. Kinds on workers of their own are a pipeline: it is as fast as the one that takes a request longest.
 */
export function explain(peaks: Peaks, work: readonly Work[]): Explanation {
  const total = work.reduce((sum, { msPerRequest }) => sum + msPerRequest, 0);
  const slowest = slowestOf(work);
  const explained = work.map((one): Explained => {
    const seconds = one.ms / 1000;
    const arithmeticShare = one.operations / seconds / peaks.arithmetic;
    const bandwidthShare = one.bytes / seconds / peaks.bandwidth;
    const more = work.map((other) => (other === one ? { ...other, msPerRequest: other.msPerRequest / 2 } : other));
    return {
      ...one,
      arithmeticShare,
      bandwidthShare,
      binds: bindingOf(arithmeticShare, bandwidthShare),
      share: one.msPerRequest / total,
      gain: slowest.msPerRequest / slowestOf(more).msPerRequest,
    };
  });
  return {
    work: explained,
    slowest: slowest.kind,
    binds: explained.find(({ kind }) => kind === slowest.kind)?.binds ?? "neither",
    together: 1000 / total,
    apart: 1000 / slowest.msPerRequest,
  };
}

function slowestOf(work: readonly Work[]): Work {
  const [slowest] = work.toSorted((a, b) => b.msPerRequest - a.msPerRequest);
  if (!slowest) throw new Error("no work was measured");
  return slowest;
}

function bindingOf(arithmetic: number, bandwidth: number): Resource {
  if (Math.max(arithmetic, bandwidth) < leastShare) return "neither";
  return arithmetic > bandwidth ? "arithmetic" : "memory bandwidth";
}
