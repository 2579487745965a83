import {
  AddRmsNorm,
  type Binding,
  Combine,
  Embed,
  GatherRows,
  Glu,
  LowRank,
  Matmul,
  type OpSet,
  Quantize,
  type Recorder,
  RmsNorm,
  RmsNormQuantized,
  RopeKv,
  Scale,
  type Weight,
} from "@tugboat/kernels";
import type { Hyperparameters, LayerAttention } from "../architectures/architecture.ts";
import type { AttentionOps } from "./attention-ops.ts";
import type { Instruction, Plan, SlotRef, WeightPlan } from "./plan.ts";
import type { ProgramMemory } from "./program-memory.ts";
import type { AdapterSettings, ProgramSettings, StepShape } from "./settings.ts";

/** Records one instruction for a step of some shape. */
export type RecordInstruction = (recorder: Recorder, shape: StepShape) => void;

export interface OpContext {
  readonly ops: OpSet;
  readonly plan: Plan;
  readonly hyperparameters: Hyperparameters;
  readonly settings: ProgramSettings;
  readonly attention: AttentionOps;
  /** Memory exists only after the ops do: it is asked for while recording. */
  readonly memory: () => ProgramMemory;
}

/** Picks the op of an instruction, asks for its kernels, and says how to record it. */
export function createOp(context: OpContext, instruction: Instruction): RecordInstruction {
  const { ops, plan, hyperparameters: p, memory } = context;
  const width = (slot: SlotRef) => plan.slots[slot]!.width;
  const isInt8 = (slot: SlotRef) => plan.slots[slot]!.form === "int8";
  const rowsOf = (slot: SlotRef, shape: StepShape) => (plan.slots[slot]!.rows === "step" ? shape.rows : shape.samples);

  switch (instruction.op) {
    case "embed": {
      const { y, scale } = instruction;
      const op = new Embed(ops, { shape: plan.weights[instruction.weight]!, scale });
      return (recorder, { rows }) => {
        const { input, slot, weights } = memory();
        op.record(recorder, { tokens: input("tokens"), table: weights[instruction.weight]!, x: slot(y), rows });
      };
    }
    case "hidden":
    case "norm": {
      const { x, y, vector } = instruction;
      const options = { dim: width(x), epsilon: p.normEps };
      if (isInt8(y)) {
        const op = new RmsNormQuantized(ops, options);
        return (recorder, shape) => {
          const { int8, slot, vectors } = memory();
          op.record(recorder, { x: slot(x), weight: vectors[vector]!, ...int8(y), rows: rowsOf(x, shape) });
        };
      }
      const op = new RmsNorm(ops, options);
      return (recorder, shape) => {
        const { slot, vectors } = memory();
        op.record(recorder, { x: slot(x), weight: vectors[vector]!, y: slot(y), rows: rowsOf(x, shape) });
      };
    }
    case "add-norm": {
      const { x, t, vector } = instruction;
      const op = new AddRmsNorm(ops, { dim: width(x), epsilon: p.normEps });
      return (recorder, shape) => {
        const { slot, vectors } = memory();
        op.record(recorder, { x: slot(x), t: slot(t), weight: vectors[vector]!, rows: rowsOf(x, shape) });
      };
    }
    case "quantize": {
      const { x, y } = instruction;
      const op = new Quantize(ops, { k: width(x) });
      return (recorder, shape) => {
        const { int8, slot } = memory();
        op.record(recorder, { x: slot(x), ...int8(y), rows: rowsOf(x, shape) });
      };
    }
    case "matmul": {
      const { x, y, bias, accumulate, activation } = instruction;
      const planned: WeightPlan = plan.weights[instruction.weight]!;
      const { type, k } = planned;
      // A pair computed apart is one matrix of twice the rows: its panels alternate in the same memory.
      const [n, gated] = instruction.apart ? [planned.n * 2, false] : [planned.n, planned.gated];
      const op = new Matmul(ops, { type, n, k, gated, bias: bias !== undefined, accumulate, activation });
      return (recorder, shape) => {
        const { int8, slot, vectors, weights } = memory();
        const stored: Weight = weights[instruction.weight]!;
        const weight = instruction.apart ? { ...stored, n, gated } : stored;
        const input = isInt8(x) ? int8(x) : { x: slot(x) };
        const rows = rowsOf(x, shape);
        op.record(recorder, { weight, input, bias: bias === undefined ? undefined : vectors[bias], y: slot(y), rows });
      };
    }
    case "low-rank": {
      const { t, x, y } = instruction;
      const { alternating, k, parts } = plan.adapted[instruction.adapted]!;
      const { maxRank } = adapterSettings(context);
      const op = new LowRank(ops, { alternating, k, parts, maxRank, integer: isInt8(x) });
      return (recorder, { adapterTiles: tileCount = 0, rows }) => {
        const { adapters, input, int8, slot } = memory();
        const matrices = adapters(instruction.adapted);
        const given = isInt8(x) ? int8(x) : { x: slot(x) };
        const args = { input: given, tiles: input("adapterTiles"), tileCount, t: slot(t), y: slot(y), rows };
        op.record(recorder, { ...matrices, ...args });
      };
    }
    case "glu": {
      const { activation, x, y } = instruction;
      const op = new Glu(ops, { dim: width(y), activation, fused: false, alternating: true });
      return (recorder, { rows }) => {
        const { slot } = memory();
        const both = slot(x);
        op.record(recorder, { gate: both, up: both, y: slot(y), rows });
      };
    }
    case "rope":
      return createRope(context, instruction);
    case "attention": {
      const { layer, q, y } = instruction;
      const op = context.attention.of(instruction.attention, width(q));
      return (recorder, shape) => op(recorder, shape, layer, q, y);
    }
    case "add": {
      const { x, y } = instruction;
      const op = new Combine(ops, { dim: width(x), operation: "add" });
      return (recorder, shape) => {
        const { slot } = memory();
        op.record(recorder, { x: slot(x), y: slot(y), rows: rowsOf(x, shape) });
      };
    }
    case "gather": {
      const { x, y } = instruction;
      const op = new GatherRows(ops, { dim: width(x), sourceRows: context.settings.maxRows });
      return (recorder, { samples }) => {
        const { input, slot } = memory();
        op.record(recorder, { source: slot(x), indices: input("sampleRows"), y: slot(y), rows: samples });
      };
    }
    case "softcap": {
      const { x, cap } = instruction;
      const op = new Scale(ops, { dim: width(x), softcap: cap });
      return (recorder, shape) => op.record(recorder, { x: memory().slot(x), rows: rowsOf(x, shape) });
    }
  }
}

function adapterSettings({ settings }: OpContext): AdapterSettings {
  if (!settings.adapters) throw new Error("the plan has adapters and the program takes none");
  return settings.adapters;
}

function createRope(
  { ops, hyperparameters: p, settings, memory }: OpContext,
  instruction: Extract<Instruction, { op: "rope" }>,
): RecordInstruction {
  const { layer, norms, qkv } = instruction;
  const { rope }: LayerAttention = instruction.attention;
  const op = new RopeKv(ops, {
    heads: p.heads,
    kv: settings.kv,
    rope: rope && { style: rope.style, dimensions: rope.dimensions, positions: settings.contextLength },
    norm: norms === undefined ? undefined : { epsilon: p.normEps },
    fused: qkv.length === 1,
  });
  return (recorder, { rows }) => {
    const { input, keys, ropeTables, slot, values, vectors } = memory();
    const parts: { q: Binding; k?: Binding; v?: Binding } =
      qkv.length === 1 ? { q: slot(qkv[0]) } : { q: slot(qkv[0]), k: slot(qkv[1]), v: slot(qkv[2]) };
    op.record(recorder, {
      ...parts,
      placements: input("placements"),
      table: rope && ropeTables.get(rope),
      norms: norms === undefined ? undefined : vectors[norms],
      keys: keys[layer]!,
      values: values[layer]!,
      rows,
    });
  };
}
