/** A recorded sequence of dispatches in device memory, as the runner reads it. */
import type { Binding, DeviceBuffer, Groups, Pipeline, Recorder, Recording } from "../device.ts";
import { KernelError } from "../device.ts";
import { brokenObligation, type DispatchEnvironment } from "./bounds.ts";
import type { CompiledKernel } from "./compiled.ts";
import { argumentHeaderWords } from "./lower/builder.ts";
import { lengthFromId } from "./lower/memory.ts";
import type { CpuMemory } from "./memory.ts";
import { command, commandWords, copyKernel, flag } from "./wasm/runner-module.ts";

export class CpuBuffer implements DeviceBuffer {
  readonly label: string;
  readonly size: number;
  readonly address: number;
  readonly owner: CpuMemory;
  freed = false;

  constructor(owner: CpuMemory, size: number, label: string) {
    this.owner = owner;
    this.size = size;
    this.label = label;
    this.address = owner.allocate(size);
  }

  destroy(): void {
    if (this.freed) return;
    this.freed = true;
    this.owner.release(this.address, this.size);
  }
}

export class CpuPipeline implements Pipeline {
  readonly name: string;
  readonly kernel: CompiledKernel;
  readonly tableIndex: number;
  /** Dispatches already found to be in bounds, by their figures. */
  readonly proven = new Set<string>();

  constructor(name: string, kernel: CompiledKernel, tableIndex: number) {
    this.name = name;
    this.kernel = kernel;
    this.tableIndex = tableIndex;
  }
}

/** Parameters that change with every dispatch would fill the memory. */
const provenAtMost = 1024;

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

interface Range {
  readonly address: number;
  readonly size: number;
  readonly label: string;
}

interface Command {
  readonly name: string;
  readonly kernel: number;
  readonly groups: readonly [number, number, number];
  readonly ranges: readonly Range[];
  readonly params: Uint8Array | undefined;
}

export class CpuRecorder implements Recorder {
  readonly commands: Command[] = [];
  private readonly memory: CpuMemory;

  constructor(memory: CpuMemory) {
    this.memory = memory;
  }

  dispatch(pipeline: Pipeline, bindings: readonly Binding[], groups: Groups, params?: ArrayBufferView): void {
    if (!(pipeline instanceof CpuPipeline))
      throw new KernelError("binding", `${pipeline.name} was compiled for another device`);
    const [x, y = 1, z = 1] = groups;
    // The limit of one axis is WebGPU's; the runner counts all of them in 32 bits.
    if (![x, y, z].every((n) => isCount(n) && n <= 65535) || x * y * z >= 2 ** 31)
      throw new KernelError("binding", `${pipeline.name}: ${x} × ${y} × ${z} workgroups cannot be dispatched`);
    if (x === 0 || y === 0 || z === 0) return;
    const ranges = bindings.map((b) => this.range(b, pipeline.name));
    const bytes = params ? new Uint8Array(params.buffer, params.byteOffset, params.byteLength).slice() : undefined;
    check(pipeline, ranges, [x, y, z], bytes);
    this.commands.push({ name: pipeline.name, kernel: pipeline.tableIndex, groups: [x, y, z], ranges, params: bytes });
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, size: number): void {
    if (![fromOffset, toOffset, size].every((n) => isCount(n) && n % 4 === 0))
      throw new KernelError("binding", `copying ${size} bytes from ${fromOffset} to ${toOffset}: not multiples of 4`);
    if (fromOffset + size > from.size || toOffset + size > to.size)
      throw new KernelError("binding", `copying ${size} bytes from ${from.label} to ${to.label} leaves one of them`);
    if (size === 0) return;
    const ranges = [
      this.range({ buffer: from, offset: fromOffset, size }, "copy"),
      this.range({ buffer: to, offset: toOffset, size }, "copy"),
    ];
    this.commands.push({ name: "copy", kernel: copyKernel, groups: [1, 1, 1], ranges, params: undefined });
  }

  private range(binding: Binding, name: string): Range {
    const buffer = "buffer" in binding ? binding.buffer : binding;
    if (!(buffer instanceof CpuBuffer) || buffer.owner !== this.memory || buffer.freed)
      throw new KernelError("binding", `${name}: ${buffer.label} is not a live buffer of this device`);
    if (!("buffer" in binding)) return { address: buffer.address, size: buffer.size, label: buffer.label };
    if (!isCount(binding.offset) || !isCount(binding.size) || binding.offset + binding.size > buffer.size)
      throw new KernelError(
        "binding",
        `${name}: bytes ${binding.offset} to ${binding.offset + binding.size} are not in ${buffer.label} (${buffer.size} bytes)`,
      );
    return { address: buffer.address + binding.offset, size: binding.size, label: buffer.label };
  }
}

function check(
  pipeline: CpuPipeline,
  ranges: readonly Range[],
  groups: readonly [number, number, number],
  params: Uint8Array | undefined,
): void {
  const { kernel, name } = pipeline;
  const key = `${groups}|${params ?? ""}|${ranges.map((r) => r.size)}`;
  if (pipeline.proven.has(key)) return;
  const uniform = kernel.bindings.find((b) => b.space === "uniform");
  if (uniform && ranges.length !== uniform.binding)
    throw new KernelError(
      "binding",
      `${name}: ${ranges.length} buffers are bound, and ${uniform.name} (params) is binding ${uniform.binding}`,
      "give one buffer for every binding before the uniform",
    );
  for (const b of kernel.bindings) {
    const given = b.space === "uniform" ? params?.length : ranges[b.binding]?.size;
    if (given === undefined)
      throw new KernelError("binding", `${name}: nothing is bound to ${b.name} (binding ${b.binding})`);
    if (given < b.minimumBytes)
      throw new KernelError(
        "binding",
        `${name}: ${b.name} (binding ${b.binding}) holds ${given} bytes, needs ${b.minimumBytes}`,
      );
  }
  const view = params ? new DataView(params.buffer, params.byteOffset, params.byteLength) : undefined;
  const bytesOf = (binding: number): number => ranges[binding]?.size ?? 0;
  const env: DispatchEnvironment = {
    groups,
    param: (offset) => view?.getUint32(offset, true) ?? 0,
    length: (id) => lengthFromId(id, bytesOf),
  };
  const broken = brokenObligation(kernel.obligations, bytesOf, env);
  if (broken)
    throw new KernelError(
      "binding",
      `${name}: ${broken}`,
      "bind a larger buffer, dispatch fewer workgroups, or guard the index with min()",
    );
  if (pipeline.proven.size >= provenAtMost) pipeline.proven.clear();
  pipeline.proven.add(key);
}

export class CpuRecording implements Recording {
  readonly dispatches: number;
  readonly names: readonly string[];
  readonly address: number;
  private readonly size: number;
  private readonly memory: CpuMemory;
  private freed = false;

  constructor(memory: CpuMemory, commands: readonly Command[], threads: number) {
    this.memory = memory;
    this.dispatches = commands.length;
    this.names = commands.map((c) => c.name);
    const blocks = commands.map((c) => {
      const uses = c.ranges.length + (c.params ? 1 : 0);
      return { words: argumentHeaderWords + uses * 2, params: Math.ceil((c.params?.length ?? 0) / 16) * 16 };
    });
    const align16 = (n: number): number => Math.ceil(n / 16) * 16;
    const commandBytes = align16(commands.length * commandWords * 4);
    this.size = commandBytes + blocks.reduce((n, b) => n + align16(b.words * 4) + b.params, 0);
    this.address = memory.allocate(this.size);
    let at = this.address + commandBytes;
    commands.forEach((c, i) => {
      const block = blocks[i]!;
      const words = memory.i32;
      const args = at / 4;
      words.set(c.groups, args);
      c.ranges.forEach((r, j) => {
        words[args + argumentHeaderWords + j * 2] = r.address;
        words[args + argumentHeaderWords + j * 2 + 1] = r.size;
      });
      const paramsAt = at + align16(block.words * 4);
      if (c.params) {
        memory.u8.set(c.params, paramsAt);
        words[args + argumentHeaderWords + c.ranges.length * 2] = paramsAt;
        words[args + argumentHeaderWords + c.ranges.length * 2 + 1] = c.params.length;
      }
      const total = c.groups[0] * c.groups[1] * c.groups[2];
      const serial = total === 1;
      const next = commands[i + 1];
      const nextSerial = next !== undefined && next.groups[0] * next.groups[1] * next.groups[2] === 1;
      const w = this.address / 4 + i * commandWords;
      words[w + command.kernel] = c.kernel;
      words[w + command.args] = at;
      words[w + command.groups] = total;
      words[w + command.chunk] = Math.max(1, Math.floor(total / (threads * 64)));
      // Commands of one workgroup follow each other on thread 0 without meeting the others.
      words[w + command.flags] = (serial ? flag.serial : 0) | (serial && nextSerial ? 0 : flag.barrier);
      at = paramsAt + block.params;
    });
  }

  resetCounters(): void {
    const words = this.memory.i32;
    for (let i = 0, w = this.address / 4 + command.counter; i < this.dispatches; i++, w += commandWords) words[w] = 0;
  }

  destroy(): void {
    if (this.freed) return;
    this.freed = true;
    this.memory.release(this.address, this.size);
  }
}
