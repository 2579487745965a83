/** Bytes that a model takes on a device, and the context that this serves in tokens. */
export interface ModelNeeds {
  readonly weights: number;
  readonly cache: number;
  readonly rest: number;
  readonly contextLength: number;
}

/** What a machine gives to models, in bytes. */
export interface MachineMemory {
  /** Of the machine, or of the container's limit. */
  readonly total: number;
  /** That all loaded models together may take. */
  readonly forModels: number;
  readonly device: "cpu" | "webgpu";
}

/** What a model needs here, and whether that is there. */
export interface MemoryFit {
  readonly weights: number;
  readonly cache: number;
  readonly overhead: number;
  readonly needed: number;
  /** The context that this serves, in tokens. */
  readonly contextLength: number;
  readonly available: number;
  readonly verdict: "fits" | "tight" | "too-large";
  readonly sentence: string;
}

/** A worker process beside its model: Node, the engine, compiled kernels. */
const processBytes = 100 * 2 ** 20;
/** The CPU device's memory is one WebAssembly memory of 32-bit addresses. */
const cpuMost = 4 * 2 ** 30;
/** From this share of what is there, other models have to make room. */
const tightShare = 0.6;

/** Weighs a model's needs against a machine. */
export function memoryFit(needs: ModelNeeds, machine: MachineMemory): MemoryFit {
  const { cache, contextLength, weights } = needs;
  const overhead = needs.rest + processBytes;
  const needed = weights + cache + overhead;
  const available = machine.forModels;
  const what = `It needs ${size(needed)} for ${contextLength.toLocaleString("en")} tokens of context`;
  const there = `models may take ${size(available)} of this machine's ${size(machine.total)}`;
  const common = { weights, cache, overhead, needed, contextLength, available };
  if (machine.device === "cpu" && weights + cache + needs.rest > cpuMost) {
    const sentence = `${what}; the CPU device can address ${size(cpuMost)}. Take a stronger quantisation, or a machine with a GPU.`;
    return { ...common, verdict: "too-large", sentence };
  }
  if (needed > available) {
    const advice =
      needed < machine.total
        ? "Raise TUGBOAT_MODEL_MEMORY (MiB), or take a stronger quantisation."
        : "Take a smaller model or a stronger quantisation.";
    return { ...common, verdict: "too-large", sentence: `${what}; ${there}. ${advice}` };
  }
  if (needed > available * tightShare) {
    return { ...common, verdict: "tight", sentence: `${what}; ${there}. Other models are unloaded to make room.` };
  }
  return { ...common, verdict: "fits", sentence: `${what}; ${there}.` };
}

function size(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
