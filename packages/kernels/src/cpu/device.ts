/** The CPU as a device: WGSL compiled to WebAssembly SIMD, run by this thread and others beside it. */
import type { Device, DeviceBuffer, DeviceInfo, Pipeline, PipelineSpec, Recorder, Recording } from "../device.ts";
import { KernelError } from "../device.ts";
import { type CompiledKernel, compiled, decodeKernel, encodeKernel, type KernelCache } from "./compiled.ts";
import { lowerKernel } from "./lower/kernel.ts";
import { CpuMemory } from "./memory.ts";
import { CpuBuffer, CpuPipeline, CpuRecorder, CpuRecording } from "./program.ts";
import { type SpawnThread, ThreadPool } from "./threads.ts";
import { kernelModule } from "./wasm/kernel-module.ts";
import { commandWords, job, jobKind, runnerModule, sync } from "./wasm/runner-module.ts";

export interface CpuDeviceOptions {
  /** Threads that run kernels, the calling one included. */
  readonly threads?: number;
  readonly spawn: SpawnThread;
  readonly description?: string;
  /** Force the variant without relaxed SIMD, for tests. */
  readonly relaxed?: boolean;
  /** Kernels compiled by earlier processes. */
  readonly cache?: KernelCache;
}

interface RunnerExports {
  run(program: number, commands: number, base: number, thread: number, threads: number, sync: number): void;
}

/** Time spent per kernel name, for `profile`. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly milliseconds: number;
}

const runnerTableSize = 3;

export class CpuDevice implements Device {
  readonly info: DeviceInfo;
  private readonly memory: CpuMemory;
  private readonly pool: ThreadPool;
  private readonly table: WebAssembly.Table;
  private readonly runner: RunnerExports;
  private readonly syncAt: number;
  private readonly threads: number;
  private readonly relaxed: boolean;
  private readonly cache: KernelCache | undefined;
  private readonly pipelines = new Map<string, CpuPipeline>();
  private serving: Promise<void> | undefined;
  private compiling: Promise<unknown> = Promise.resolve();
  private lost: string | undefined;

  private constructor(
    memory: CpuMemory,
    pool: ThreadPool,
    runner: WebAssembly.Module,
    syncAt: number,
    options: CpuDeviceOptions,
    relaxed: boolean,
  ) {
    this.memory = memory;
    this.pool = pool;
    this.syncAt = syncAt;
    this.threads = pool.ports.length + 1;
    this.relaxed = relaxed;
    this.cache = options.cache;
    this.table = new WebAssembly.Table({ element: "anyfunc", initial: runnerTableSize });
    const instance = new WebAssembly.Instance(runner, {
      env: { memory: memory.memory, table: this.table, tableBase: 0 },
    });
    // What the module exports is what runnerModule wrote.
    this.runner = instance.exports as unknown as RunnerExports;
    const simd = relaxed ? "relaxed SIMD" : "SIMD";
    this.info = {
      kind: "cpu",
      description: `${options.description ?? "CPU"}, ${this.threads} thread${this.threads === 1 ? "" : "s"}, ${simd}`,
      threads: this.threads,
      features: new Set(relaxed ? ["simd", "relaxed-simd"] : ["simd"]),
      workgroupSize: 1,
      maxBufferSize: memory.maximumPages * 65536 - 65536,
      maxWorkgroupMemory: 2 ** 20,
    };
  }

  static async open(options: CpuDeviceOptions): Promise<CpuDevice> {
    const shared = typeof SharedArrayBuffer !== "undefined" && (options.threads ?? 1) > 1;
    const memory = new CpuMemory(shared);
    const syncAt = memory.allocate(sync.bytes);
    const runner = await WebAssembly.compile(runnerModule({ shared, maximumPages: memory.maximumPages }));
    const pool = new ThreadPool(shared ? options.threads! - 1 : 0, options.spawn);
    await pool.all((i) => ({
      type: "init",
      memory: memory.memory,
      runner,
      thread: i + 1,
      threads: pool.ports.length + 1,
      sync: syncAt,
      tableSize: runnerTableSize,
    }));
    return new CpuDevice(memory, pool, runner, syncAt, options, options.relaxed ?? hasRelaxedSimd());
  }

  createBuffer(size: number, label: string): DeviceBuffer {
    if (!Number.isSafeInteger(size) || size < 0) throw new KernelError("shape", `${label}: ${size} is no buffer size`);
    return new CpuBuffer(this.memory, size, label);
  }

  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView): void {
    const b = this.own(buffer);
    if (!(offset >= 0 && offset % 4 === 0 && offset + data.byteLength <= b.size))
      throw new KernelError(
        "binding",
        `writing ${data.byteLength} bytes at ${offset} leaves ${b.label} (${b.size} bytes)`,
      );
    this.memory.u8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), b.address + offset);
  }

  async read(buffer: DeviceBuffer, offset = 0, size = buffer.size - offset): Promise<ArrayBuffer> {
    if (!(size >= 0 && offset + size <= buffer.size))
      throw new KernelError(
        "binding",
        `reading ${size} bytes at ${offset} leaves ${buffer.label} (${buffer.size} bytes)`,
      );
    const copy = new Uint8Array(size);
    this.readInto(buffer, offset, copy);
    return copy.buffer;
  }

  /** Reads without waiting: on this device every run has finished when it returns. */
  readInto(buffer: DeviceBuffer, offset: number, into: Uint8Array): void {
    const b = this.own(buffer);
    if (!(offset >= 0 && offset + into.length <= b.size))
      throw new KernelError("binding", `reading ${into.length} bytes at ${offset} leaves ${b.label} (${b.size} bytes)`);
    into.set(this.memory.u8.subarray(b.address + offset, b.address + offset + into.length));
  }

  private own(buffer: DeviceBuffer): CpuBuffer {
    if (buffer instanceof CpuBuffer && buffer.owner === this.memory && !buffer.freed) return buffer;
    throw new KernelError("binding", `${buffer.label} is not a live buffer of this device`);
  }

  createPipelines(specs: readonly PipelineSpec[]): Promise<Pipeline[]> {
    // One compilation at a time: threads take modules in the same order as this thread.
    const result = this.compiling.then(() => this.compile(specs));
    this.compiling = result.catch(() => undefined);
    return result;
  }

  private async compile(specs: readonly PipelineSpec[]): Promise<Pipeline[]> {
    const keys = specs.map((s) => `${JSON.stringify(s.constants ?? {})}\n${s.code}`);
    const missing = new Map<string, { name: string; kernel: CompiledKernel }>();
    specs.forEach((s, i) => {
      const key = keys[i]!;
      if (!this.pipelines.has(key) && !missing.has(key))
        missing.set(key, { name: s.name, kernel: this.kernel(s, key) });
    });
    if (missing.size > 0) await this.install(missing);
    return keys.map((key) => this.pipelines.get(key)!);
  }

  private kernel(s: PipelineSpec, key: string): CompiledKernel {
    const variant = `${this.relaxed ? "relaxed" : "plain"}\n${key}`;
    const kept = this.cache?.read(variant);
    const known = kept && decodeKernel(kept);
    if (known) return known;
    const kernel = this.lower(s);
    this.cache?.write(variant, encodeKernel(kernel));
    return kernel;
  }

  private lower(s: PipelineSpec): CompiledKernel {
    try {
      return compiled(lowerKernel(s.code, s.constants ?? {}, { relaxed: this.relaxed }));
    } catch (e) {
      if (e instanceof KernelError) throw new KernelError(e.code, `${s.name}: ${e.message}`, e.hint, { cause: e });
      throw e;
    }
  }

  private async install(kernels: ReadonlyMap<string, { name: string; kernel: CompiledKernel }>): Promise<void> {
    const list = [...kernels.values()];
    const bytes = kernelModule(
      list.map((k) => k.kernel.body),
      { shared: this.memory.shared, maximumPages: this.memory.maximumPages },
    );
    const module = await WebAssembly.compile(bytes);
    const scratchBytes = Math.max(256, ...list.map((k) => k.kernel.scratchBytes));
    const scratch = Array.from({ length: this.threads }, () => this.memory.allocate(scratchBytes));
    const tableBase = this.table.grow(list.length);
    await this.park();
    await this.pool.all((i) => ({ type: "module", module, count: list.length, scratch: scratch[i + 1], tableBase }));
    new WebAssembly.Instance(module, {
      env: { memory: this.memory.memory, table: this.table, scratch: scratch[0]!, tableBase },
    });
    this.serve();
    [...kernels].forEach(([key, k], i) => {
      this.pipelines.set(key, new CpuPipeline(k.name, k.kernel, tableBase + i));
    });
  }

  private word(offset: number): number {
    return (this.syncAt + offset) / 4;
  }

  private serve(): void {
    const epoch = Atomics.load(this.memory.i32, this.word(sync.epoch));
    this.serving = this.pool.post(() => ({ type: "serve", epoch }));
    this.serving.catch((e: Error) => {
      this.lost = e.message;
    });
  }

  private async park(): Promise<void> {
    if (!this.serving) return;
    this.post(jobKind.park, 0, 0);
    await this.pool.held(this.serving);
    this.serving = undefined;
  }

  private post(kind: number, program: number, commands: number): number {
    const words = this.memory.i32;
    const at = this.word(sync.job);
    const base = Atomics.load(words, this.word(sync.arrived));
    words[at + job.kind] = kind;
    words[at + job.program] = program;
    words[at + job.commands] = commands;
    words[at + job.base] = base;
    Atomics.add(words, this.word(sync.epoch), 1);
    if (Atomics.load(words, this.word(sync.idle)) > 0) Atomics.notify(words, this.word(sync.epoch));
    return base;
  }

  record(_label: string, build: (recorder: Recorder) => void): Recording {
    const recorder = new CpuRecorder(this.memory);
    build(recorder);
    return new CpuRecording(this.memory, recorder.commands, this.threads);
  }

  run(recording: Recording): void {
    if (!(recording instanceof CpuRecording))
      throw new KernelError("binding", "this recording was made by another device");
    recording.resetCounters();
    this.runCommands(recording.address, recording.dispatches);
  }

  private runCommands(program: number, commands: number): void {
    if (this.lost) throw new KernelError("device-lost", this.lost, "close the device and open another");
    // Nothing to meet at: another thread could still be reading this job when the next is posted.
    if (commands === 0) return;
    const base = this.threads > 1 ? this.post(jobKind.run, program, commands) : 0;
    try {
      this.runner.run(program, commands, base, 0, this.threads, this.syncAt);
    } catch (cause) {
      this.lost = `a kernel stopped: ${String(cause)}`;
      Atomics.add(this.memory.i32, this.word(sync.arrived), 1 << 30);
      throw new KernelError("device-lost", this.lost, "close the device and open another", { cause });
    }
    if (this.threads > 1 && Atomics.load(this.memory.i32, this.word(sync.bytes - 4)) !== 0) {
      this.lost = "a kernel stopped on another thread";
      throw new KernelError("device-lost", this.lost, "close the device and open another");
    }
  }

  /** Runs a recording command by command and tells where the time went, longest first. */
  profile(recording: Recording): KernelTime[] {
    if (!(recording instanceof CpuRecording))
      throw new KernelError("binding", "this recording was made by another device");
    recording.resetCounters();
    const times = new Map<string, { calls: number; milliseconds: number }>();
    recording.names.forEach((name, i) => {
      const start = performance.now();
      this.runCommands(recording.address + i * commandWords * 4, 1);
      const t = times.get(name) ?? { calls: 0, milliseconds: 0 };
      times.set(name, { calls: t.calls + 1, milliseconds: t.milliseconds + performance.now() - start });
    });
    return [...times].map(([name, t]) => ({ name, ...t })).sort((a, b) => b.milliseconds - a.milliseconds);
  }

  async finish(): Promise<void> {}

  destroy(): void {
    this.lost = "the device was closed";
    this.pool.terminate();
  }
}

/** Whether this runtime takes relaxed SIMD (a module of one `f32x4.relaxed_madd`). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(
    new Uint8Array([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b, 3, 2, 1, 0, 10, 13, 1, 11, 0, 0x20,
      0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b,
    ]),
  );
}
