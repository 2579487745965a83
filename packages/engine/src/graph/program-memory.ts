import {
  arrangeRopeTable,
  type Binding,
  type Device,
  type DeviceBuffer,
  kvCacheBytes,
  type Weight,
} from "@tugboat/kernels";
import { type RopeSpec, ropeTable } from "../architectures/rope.ts";
import { blocksFor } from "../kv/blocks.ts";
import type { AdapterBuffers, AdapterPool } from "./adapter-pool.ts";
import { align, placeSlots, type SlotPlace } from "./memory.ts";
import type { AdaptedRef, Plan, SlotRef } from "./plan.ts";
import type { SamplerBuffers } from "./sampler-ops.ts";
import type { ProgramSettings } from "./settings.ts";
import type { StepInput, StepSection } from "./step-input.ts";

/** Weights and vectors of a plan, on the device, in the plan's order. */
export interface ModelWeights {
  readonly weights: readonly Weight[];
  readonly vectors: readonly DeviceBuffer[];
}

/** Everything that a program's recordings bind. */
export interface ProgramMemory extends ModelWeights {
  readonly slot: (ref: SlotRef) => Binding;
  /** The two parts of an int8 slot. */
  readonly int8: (ref: SlotRef) => { xq: Binding; xs: Binding };
  readonly input: (section: StepSection) => Binding;
  readonly inputBuffer: DeviceBuffer;
  /** One buffer a layer. */
  readonly keys: readonly DeviceBuffer[];
  readonly values: readonly DeviceBuffer[];
  /** `[maxSequences, blocks of a context]` u32. */
  readonly tables: DeviceBuffer;
  readonly ropeTables: ReadonlyMap<RopeSpec, DeviceBuffer>;
  /** Scratch of split attention. */
  readonly parts: DeviceBuffer;
  /** Of the program in which the model ends. */
  readonly sampler: SamplerBuffers | undefined;
  /** Where the adapters' share of one group of matrices lies. */
  readonly adapters: (ref: AdaptedRef) => AdapterBuffers;
  destroy(): void;
}

/** Device bytes of everything but weights. */
export interface MemoryEstimate {
  readonly cache: number;
  readonly activations: number;
  readonly ropeTables: number;
  /** The largest single buffer. */
  readonly largest: number;
}

function ropeSpecs({ instructions }: Plan): RopeSpec[] {
  const specs = instructions.flatMap((one) => (one.op === "rope" && one.attention.rope ? [one.attention.rope] : []));
  return [...new Set(specs)];
}

export function estimateMemory(plan: Plan, settings: ProgramSettings): MemoryEstimate {
  const { buffers } = placeSlots(plan, { step: settings.maxRows, sample: settings.maxSamples });
  const { keys, values } = kvCacheBytes(settings.kv);
  const tables = ropeSpecs(plan).map(({ dimensions, style }) => tableBytes(settings, dimensions, style));
  return {
    cache: (keys + values) * plan.layers,
    activations: buffers.reduce((sum, bytes) => sum + bytes, 0),
    ropeTables: tables.reduce((sum, bytes) => sum + bytes, 0),
    largest: Math.max(keys, values, ...buffers, ...tables),
  };
}

function tableBytes({ contextLength }: ProgramSettings, dimensions: number, style: RopeSpec["style"]): number {
  return contextLength * dimensions * (style === "halves" ? 4 : 8);
}

export interface MemoryParts {
  readonly device: Device;
  readonly plan: Plan;
  readonly settings: ProgramSettings;
  readonly model: ModelWeights;
  readonly input: StepInput;
  readonly partsBytes: number;
  readonly sampler: SamplerBuffers | undefined;
  readonly adapters: AdapterPool | undefined;
}

/** @throws KernelError `out-of-memory` */
export function allocateMemory(parts: MemoryParts): ProgramMemory {
  const { device, plan, settings, model, input } = parts;
  const owned: DeviceBuffer[] = [];
  const create = (bytes: number, label: string) => {
    const buffer = device.createBuffer(align(Math.max(bytes, 4)), label);
    owned.push(buffer);
    return buffer;
  };
  try {
    const { places, buffers } = placeSlots(plan, { step: settings.maxRows, sample: settings.maxSamples });
    const slots = buffers.map((bytes, i) => create(bytes, `activations ${i}`));
    const cache = kvCacheBytes(settings.kv);
    const layers = Array.from({ length: plan.layers }, (_, layer) => layer);
    const inputBuffer = create(input.words.byteLength, "step input");
    const placeOf = (ref: SlotRef): SlotPlace => places[ref]!;
    return {
      ...model,
      slot: (ref) => ({ buffer: slots[placeOf(ref).buffer]!, offset: 0, size: placeOf(ref).bytes }),
      int8: (ref) => {
        const { buffer, bytes, scales } = placeOf(ref);
        if (!scales) throw new Error(`slot ${ref} holds no int8`);
        return {
          xq: { buffer: slots[buffer]!, offset: 0, size: bytes },
          xs: { buffer: slots[scales.buffer]!, offset: 0, size: scales.bytes },
        };
      },
      input: (section) => ({ buffer: inputBuffer, ...input.range(section) }),
      inputBuffer,
      keys: layers.map((layer) => create(cache.keys, `keys ${layer}`)),
      values: layers.map((layer) => create(cache.values, `values ${layer}`)),
      tables: create(settings.maxSequences * blocksFor(settings.contextLength) * 4, "block tables"),
      ropeTables: new Map(ropeSpecs(plan).map((spec) => [spec, ropeBuffer(device, create, spec, settings)])),
      parts: create(parts.partsBytes, "attention parts"),
      sampler: parts.sampler,
      adapters: (ref) => {
        if (!parts.adapters) throw new Error("the program takes no adapters");
        return parts.adapters.buffers(ref);
      },
      destroy() {
        for (const buffer of owned) buffer.destroy();
      },
    };
  } catch (error) {
    for (const buffer of owned) buffer.destroy();
    throw error;
  }
}

function ropeBuffer(
  device: Device,
  create: (bytes: number, label: string) => DeviceBuffer,
  spec: RopeSpec,
  { contextLength }: ProgramSettings,
): DeviceBuffer {
  const table = arrangeRopeTable(ropeTable(spec, contextLength), spec.dimensions, spec.style);
  const buffer = create(table.byteLength, `rope table ${spec.base}`);
  device.write(buffer, 0, table);
  return buffer;
}
