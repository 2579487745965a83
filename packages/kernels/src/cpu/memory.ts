/** The CPU device's memory: one WebAssembly memory, shared between threads, with a first-fit allocator. */
import { KernelError } from "../device.ts";

const pageBytes = 65536;
/** Every block starts on a multiple of this, so that ranges of buffers keep WebGPU's alignment too. */
const alignment = 256;

export class CpuMemory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  readonly maximumPages: number;
  /** Free ranges by address. */
  private readonly free: { start: number; size: number }[] = [];
  private top = alignment;
  private bytes: Uint8Array;
  private words: Int32Array;

  constructor(shared: boolean) {
    this.shared = shared;
    const made = openMemory(shared);
    this.memory = made.memory;
    this.maximumPages = made.maximumPages;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
  }

  get u8(): Uint8Array {
    if (this.bytes.length === 0 || this.bytes.buffer !== this.memory.buffer) this.refresh();
    return this.bytes;
  }

  get i32(): Int32Array {
    if (this.words.length === 0 || this.words.buffer !== this.memory.buffer) this.refresh();
    return this.words;
  }

  private refresh(): void {
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
  }

  /** Zeroed bytes. @throws KernelError `out-of-memory` */
  allocate(size: number): number {
    const wanted = Math.max(alignment, Math.ceil(size / alignment) * alignment);
    const i = this.free.findIndex((f) => f.size >= wanted);
    const hole = this.free[i];
    if (hole) {
      const { start } = hole;
      hole.start += wanted;
      hole.size -= wanted;
      if (hole.size === 0) this.free.splice(i, 1);
      this.u8.fill(0, start, start + wanted);
      return start;
    }
    const start = this.top;
    this.grow(start + wanted);
    this.top += wanted;
    return start;
  }

  release(start: number, size: number): void {
    const wanted = Math.max(alignment, Math.ceil(size / alignment) * alignment);
    const i = this.free.findIndex((f) => f.start > start);
    const at = i < 0 ? this.free.length : i;
    this.free.splice(at, 0, { start, size: wanted });
    for (const j of [at, at - 1]) {
      const a = this.free[j];
      const b = this.free[j + 1];
      if (a && b && a.start + a.size === b.start) {
        a.size += b.size;
        this.free.splice(j + 1, 1);
      }
    }
  }

  private grow(end: number): void {
    const have = this.memory.buffer.byteLength;
    if (end <= have) return;
    const pages = Math.ceil((end - have) / pageBytes);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      const limit = (this.maximumPages * pageBytes) / 2 ** 30;
      throw new KernelError(
        "out-of-memory",
        `the CPU device needs ${(end / 2 ** 20).toFixed(0)} MiB, and has room for ${limit} GiB at most`,
        "load a smaller or more quantised model, or shorten the context",
        { cause },
      );
    }
  }
}

/** Some browsers refuse to reserve 4 GiB: take what they give. */
function openMemory(shared: boolean): { memory: WebAssembly.Memory; maximumPages: number } {
  for (const maximumPages of [65536, 32768, 16384, 8192]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 16, maximum: maximumPages, shared }), maximumPages };
    } catch {
      // Try less.
    }
  }
  throw new KernelError("out-of-memory", "this runtime gives no WebAssembly memory of 512 MiB");
}
