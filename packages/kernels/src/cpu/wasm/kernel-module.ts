/** Kernels' functions → one WebAssembly module; kernel i lands in the shared table at `tableBase + i`. */
import { KernelError } from "../../device.ts";
import type { Kind, Label, Node, Stmt } from "../ir.ts";
import { parameterCount } from "../lower/builder.ts";
import type { LoweredKernel } from "../lower/kernel.ts";
import { Bytes, encodeModule, valueType } from "./encoder.ts";
import { laneOps, memoryOps, scalarOps, vectorOps } from "./opcodes.ts";

export function kernelModule(
  bodies: readonly Uint8Array[],
  memory: { shared: boolean; maximumPages: number },
): Uint8Array<ArrayBuffer> {
  return encodeModule({
    types: [[[valueType.i32, valueType.i32, valueType.i32], []]],
    memory,
    globals: ["scratch", "tableBase"],
    functions: bodies.map((body) => ({ type: 0, body })),
    tableBase: 1,
  });
}

/** One kernel's locals and code. It refers to nothing of its module but the two globals. */
export function functionBody(kernel: LoweredKernel): Uint8Array {
  return new FunctionEmitter(kernel).emit();
}

class FunctionEmitter {
  private readonly out = new Bytes();
  private readonly labels: Label[] = [];
  private readonly locals: Kind[];
  private readonly kernel: LoweredKernel;

  constructor(kernel: LoweredKernel) {
    this.kernel = kernel;
    this.locals = [...kernel.locals];
  }

  emit(): Uint8Array {
    for (const s of this.kernel.body) this.statement(s);
    this.out.byte(0x0b);
    const header = new Bytes();
    const runs: [Kind, number][] = [];
    for (const kind of this.locals) {
      const last = runs[runs.length - 1];
      if (last?.[0] === kind) last[1]++;
      else runs.push([kind, 1]);
    }
    header.u32(runs.length);
    for (const [kind, count] of runs) header.u32(count).byte(valueType[kind]);
    return header.raw(this.out.done()).done();
  }

  private statement(s: Stmt): void {
    const { out } = this;
    switch (s.op) {
      case "set":
        this.node(s.value);
        out.byte(0x21).u32(s.local);
        return;
      case "store": {
        this.node(s.address);
        this.node(s.value);
        const [opcode, align] = memoryOps[s.code]!;
        out
          .byte(...opcode)
          .u32(align)
          .u32(s.offset);
        if (s.lane !== undefined) out.byte(s.lane);
        return;
      }
      case "fill":
        this.node(s.address);
        out.byte(0x41).s32(0).byte(0x41).s32(s.bytes).byte(0xfc, 0x0b, 0x00);
        return;
      case "if":
        if (s.accepted.length === 0 && s.rejected.length === 0) return;
        this.node(s.condition);
        if (s.accepted.length === 0) out.byte(0x45);
        out.byte(0x04, 0x40);
        this.labels.push({ name: "if" });
        for (const one of s.accepted.length === 0 ? s.rejected : s.accepted) this.statement(one);
        if (s.accepted.length > 0 && s.rejected.length > 0) {
          out.byte(0x05);
          for (const one of s.rejected) this.statement(one);
        }
        this.labels.pop();
        out.byte(0x0b);
        return;
      case "block":
      case "loop":
        out.byte(s.op === "block" ? 0x02 : 0x03, 0x40);
        this.labels.push(s.label);
        for (const one of s.body) this.statement(one);
        this.labels.pop();
        out.byte(0x0b);
        return;
      case "br": {
        const at = this.labels.lastIndexOf(s.label);
        if (at < 0) throw new KernelError("compile", `a branch leaves its block (${s.label.name})`);
        if (s.condition) this.node(s.condition);
        out.byte(s.condition ? 0x0d : 0x0c).u32(this.labels.length - 1 - at);
        return;
      }
    }
  }

  private temporary(kind: Kind): number {
    this.locals.push(kind);
    return parameterCount + this.locals.length - 1;
  }

  private node(n: Node): void {
    const { out } = this;
    switch (n.op) {
      case "const":
        if (n.kind === "f32") out.byte(0x43).f32(n.imm);
        else out.byte(0x41).s32(n.imm);
        return;
      case "local":
        out.byte(0x20).u32(n.imm);
        return;
      case "scratch":
        out.byte(0x23).u32(0);
        return;
      case "shuffle":
        this.operands(n);
        out
          .byte(0xfd)
          .u32(13)
          .byte(...n.bytes!);
        return;
      case "i32.min_u":
      case "i32.min_s":
      case "i32.max_u":
      case "i32.max_s": {
        const a = this.temporary("i32");
        const b = this.temporary("i32");
        this.node(n.args[0]!);
        out.byte(0x22).u32(a);
        this.node(n.args[1]!);
        out.byte(0x22).u32(b).byte(0x20).u32(a).byte(0x20).u32(b);
        const compare = `i32.${n.op.includes("min") ? "lt" : "gt"}_${n.op.slice(-1)}`;
        out.byte(...scalarOps[compare]!, 0x1b);
        return;
      }
      case "i32x4.splat":
      case "f32x4.splat": {
        const [value] = n.args;
        if (value!.op === "const") {
          out.byte(0xfd).u32(12);
          for (let i = 0; i < 4; i++) value!.kind === "f32" ? out.f32(value!.imm) : out.fixed32(value!.imm);
          return;
        }
        break;
      }
    }
    const memory = memoryOps[n.op];
    this.operands(n);
    if (memory) {
      out
        .byte(...memory[0])
        .u32(memory[1])
        .u32(n.imm);
      return;
    }
    const scalar = scalarOps[n.op];
    const vector = vectorOps[n.op];
    const lane = laneOps[n.op];
    if (scalar) out.byte(...scalar);
    else if (vector !== undefined) out.byte(0xfd).u32(vector);
    else if (lane !== undefined) out.byte(0xfd).u32(lane).byte(n.imm);
    else throw new KernelError("compile", `the operation ${n.op} has no instruction`);
  }

  private operands(n: Node): void {
    for (const a of n.args) this.node(a);
  }
}
