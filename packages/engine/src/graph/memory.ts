import { quantizedSize } from "@tugboat/kernels";
import type { Instruction, Plan, SlotPlan } from "./plan.ts";

/** Rows that a step has at most: of each slot's two kinds. */
export interface RowLimits {
  readonly step: number;
  readonly sample: number;
}

/** Which buffer a slot lies in; an int8 slot has a second one for its scales. */
export interface SlotPlace {
  readonly buffer: number;
  readonly bytes: number;
  readonly scales?: { readonly buffer: number; readonly bytes: number };
}

/** Bindings start at multiples of this. */
const ALIGNMENT = 256;

export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Gives each activation a buffer; slots that are never alive together share one.
 * @returns the place of each slot, and the bytes of each buffer.
 */
export function placeSlots(plan: Plan, limits: RowLimits): { places: SlotPlace[]; buffers: number[] } {
  const lifetimes = plan.slots.map(() => ({ first: Number.POSITIVE_INFINITY, last: -1 }));
  plan.instructions.forEach((instruction, at) => {
    for (const slot of slotsOf(instruction)) {
      const lifetime = lifetimes[slot]!;
      lifetime.first = Math.min(lifetime.first, at);
      lifetime.last = Math.max(lifetime.last, at);
    }
  });
  if (plan.rowsIn !== undefined) lifetimes[plan.rowsIn]!.first = 0;
  for (const slot of [plan.output?.logits, plan.rowsOut]) {
    if (slot !== undefined) lifetimes[slot]!.last = plan.instructions.length;
  }

  const buffers: { bytes: number; freeFrom: number }[] = [];
  const places: SlotPlace[] = [];
  const order = plan.slots.map((_, slot) => slot).sort((a, b) => lifetimes[a]!.first - lifetimes[b]!.first);
  for (const slot of order) {
    const { first, last } = lifetimes[slot]!;
    const { bytes, scaleBytes } = slotBytes(plan.slots[slot]!, limits);
    const take = (wanted: number) => {
      const free = buffers.filter((buffer) => buffer.freeFrom <= first);
      // The tightest that is large enough, else the largest, which grows.
      const fitting = free.filter((buffer) => buffer.bytes >= wanted).sort((a, b) => a.bytes - b.bytes)[0];
      let chosen = fitting ?? free.sort((a, b) => b.bytes - a.bytes)[0];
      if (!chosen) {
        chosen = { bytes: 0, freeFrom: 0 };
        buffers.push(chosen);
      }
      chosen.bytes = Math.max(chosen.bytes, wanted);
      chosen.freeFrom = last + 1;
      return buffers.indexOf(chosen);
    };
    const buffer = take(bytes);
    places[slot] =
      scaleBytes === 0 ? { buffer, bytes } : { buffer, bytes, scales: { buffer: take(scaleBytes), bytes: scaleBytes } };
  }
  return { places, buffers: buffers.map(({ bytes }) => bytes) };
}

function slotBytes({ form, rows, width }: SlotPlan, limits: RowLimits): { bytes: number; scaleBytes: number } {
  const count = limits[rows];
  if (form === "f32") return { bytes: count * width * 4, scaleBytes: 0 };
  const { xq, xs } = quantizedSize(count, width);
  return { bytes: xq, scaleBytes: xs };
}

function slotsOf(instruction: Instruction): readonly number[] {
  switch (instruction.op) {
    case "embed":
      return [instruction.y];
    case "rope":
      return instruction.qkv;
    case "attention":
      return [instruction.q, instruction.y];
    case "add-norm":
      return [instruction.x, instruction.t];
    case "softcap":
      return [instruction.x];
    case "norm":
    case "hidden":
    case "quantize":
    case "matmul":
    case "add":
    case "gather":
    case "glu":
      return [instruction.x, instruction.y];
    case "low-rank":
      return [instruction.x, instruction.t, instruction.y];
  }
}
