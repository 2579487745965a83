import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type Device, KernelError, type PipelineSpec } from "../device.ts";
import { openCpuDevice } from "../node/index.ts";
import { upload } from "../testing/run.ts";
import type { CpuDevice } from "./device.ts";
import { CpuMemory } from "./memory.ts";
import { CpuRecording } from "./program.ts";
import { command } from "./wasm/runner-module.ts";

const opened: CpuDevice[] = [];
afterEach(() => {
  for (const device of opened.splice(0)) device.destroy();
});
async function open(threads: number, relaxed?: boolean): Promise<CpuDevice> {
  const device = await openCpuDevice({ threads, relaxed });
  opened.push(device);
  return device;
}

/** A few hundred groups of uneven work: y[g] is a hash of x[0 … g % 50], chained over `rounds` dispatches. */
const hash: PipelineSpec = {
  name: "hash",
  code: `
override SALT: u32 = 1u;
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
var<workgroup> seen: array<u32, 64>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
  let g = group.y * count.x + group.x;
  var h = SALT;
  for (var i = 0u; i < (g * 7u) % 50u; i++) {
    seen[i] += x[(g + i) % arrayLength(&x)];
    h = (h ^ seen[i]) * 16777619u;
  }
  y[g] = h + seen[63];
}`,
};

const numbers = (n: number): Uint32Array<ArrayBuffer> => Uint32Array.from({ length: n }, (_, i) => i * 2654435761);

async function chain(device: Device, rounds: number, size: number): Promise<number[]> {
  const pipelines = await device.createPipelines([1, 2].map((SALT) => ({ ...hash, constants: { SALT } })));
  const [a, b] = [upload(device, numbers(size)), device.createBuffer(size * 4, "b")];
  const recording = device.record("chain", (r) => {
    for (let i = 0; i < rounds; i++) {
      const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
      r.dispatch(pipelines[i % 2]!, [from, to], i % 3 === 0 ? [size] : [size / 4, 4]);
      // A single group runs on one thread, between dispatches that run on all.
      r.dispatch(pipelines[0]!, [to, from], [1]);
      if (i % 5 === 4) r.copy(to, 0, from, size * 2, size * 2);
    }
  });
  for (let i = 0; i < 3; i++) device.run(recording);
  const words = [...new Uint32Array(await device.read(a)), ...new Uint32Array(await device.read(b))];
  recording.destroy();
  return words;
}

describe("threads", () => {
  it("give the same whatever their number", async () => {
    const expected = await chain(await open(1), 12, 400);
    for (const threads of [2, 3]) expect(await chain(await open(threads), 12, 400)).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(400);
  });

  it("run recordings of nothing, of one command, and of many", async () => {
    const device = await open(2);
    for (const rounds of [0, 1, 100]) {
      const once = await chain(device, rounds, 8);
      expect(await chain(device, rounds, 8)).toEqual(once);
    }
    const empty = device.record("empty", () => undefined);
    expect(empty.dispatches).toBe(0);
    for (let i = 0; i < 1000; i++) device.run(empty);
    expect(await chain(device, 2, 8)).toHaveLength(16);
  });

  it("take pipelines made between runs, and several calls at once", async () => {
    const device = await open(2);
    const first = await chain(device, 2, 16);
    const calls = Array.from({ length: 6 }, (_, i) =>
      device.createPipelines([{ ...hash, constants: { SALT: 10 + (i % 3) } }, hash]),
    );
    const made = await Promise.all(calls);
    expect(made[0]![0]).toBe(made[3]![0]);
    expect(made[0]![1]).toBe(made[5]![1]);
    expect(made[0]![0]).not.toBe(made[1]![0]);
    expect(await chain(device, 2, 16)).toEqual(first);
  });

  it("go on after a compilation that failed", async () => {
    const device = await open(2);
    const broken = device.createPipelines([{ name: "broken", code: "fn" }]);
    const good = chain(device, 2, 16);
    await expect(broken).rejects.toMatchObject({ code: "unsupported-wgsl" });
    expect(await good).toHaveLength(32);
  });

  it("sleep when idle, and wake", async () => {
    const device = await open(2);
    const first = await chain(device, 3, 64);
    for (const pause of [5, 60]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      expect(await chain(device, 3, 64)).toEqual(first);
    }
  });
});

describe.each([1, 2])("a kernel that stops, on %i threads,", (threads) => {
  it("loses the device, and nothing hangs", async () => {
    const device = await open(threads);
    const [pipeline] = await device.createPipelines([hash]);
    const [x, y] = [upload(device, numbers(64)), device.createBuffer(256, "y")];
    const recording = device.record("broken", (r) => {
      for (let i = 0; i < 3; i++) r.dispatch(pipeline!, [x, y], [64]);
    });
    // No kernel traps by itself: point the second command past the end of the table.
    const memory = Reflect.get(device, "memory");
    if (!(memory instanceof CpuMemory) || !(recording instanceof CpuRecording)) throw new Error("not a CPU device");
    memory.i32[recording.address / 4 + 8 + command.kernel] = 1_000_000;
    const lost = expect.objectContaining({ code: "device-lost", hint: expect.stringContaining("open another") });
    expect(() => device.run(recording)).toThrow(lost);
    expect(() => device.run(recording)).toThrow(lost);
    device.destroy();
    expect(() => device.run(recording)).toThrow(KernelError);
    const words = await chain(await open(threads), 2, 16);
    expect(words).toHaveLength(32);
  });
});

describe("memory", () => {
  it("is zeroed when it is used again, whatever was in it", async () => {
    const device = await open(1);
    for (const sizes of [[256, 1024, 4], [1000, 40], [2048], [16, 16, 16, 16]]) {
      const buffers = sizes.map((size) => device.createBuffer(size, "b"));
      for (const b of buffers) {
        expect(new Uint8Array(await device.read(b)).every((byte) => byte === 0)).toBe(true);
        device.write(b, 0, new Uint8Array(b.size).fill(0xff));
      }
      for (const b of buffers.reverse()) b.destroy();
    }
  });

  it("is given back: many buffers one after another take no more than one", () => {
    const memory = new CpuMemory(false);
    const first = memory.allocate(1 << 20);
    memory.release(first, 1 << 20);
    const before = memory.memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) {
      const parts = [300_000, 5, 700_000].map((size) => [memory.allocate(size), size] as const);
      for (const [at, size] of i % 2 === 0 ? parts : parts.reverse()) memory.release(at, size);
    }
    expect(memory.memory.buffer.byteLength).toBe(before);
    expect(memory.allocate(1 << 20)).toBe(first);
  });

  it("never overlaps", () => {
    const memory = new CpuMemory(false);
    const live = new Map<number, number>();
    let state = 7;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % n;
    };
    for (let i = 0; i < 2000; i++) {
      const [oldest] = live;
      if (live.size > 30 && oldest) {
        live.delete(oldest[0]);
        memory.release(...oldest);
        continue;
      }
      const size = random(5000);
      const start = memory.allocate(size);
      expect(start % 256).toBe(0);
      for (const [other, length] of live)
        expect(start + Math.max(size, 1) <= other || other + length <= start).toBe(true);
      live.set(start, size);
    }
  });

  it("that runs out is an error with advice, and no loss", async () => {
    const device = await open(1);
    const outOfMemory = expect.objectContaining({ code: "out-of-memory", hint: expect.stringContaining("smaller") });
    expect(() => device.createBuffer(2 ** 33, "huge")).toThrow(outOfMemory);
    expect(await chain(device, 2, 16)).toHaveLength(32);
  });

  it("of a freed buffer cannot be named", async () => {
    const device = await open(1);
    const [pipeline] = await device.createPipelines([hash]);
    const [x, y] = [upload(device, numbers(16)), device.createBuffer(64, "y")];
    y.destroy();
    y.destroy();
    const binding = expect.objectContaining({ code: "binding", message: expect.stringContaining("y is not a live") });
    expect(() => device.record("r", (r) => r.dispatch(pipeline!, [x, y], [1]))).toThrow(binding);
    expect(() => device.record("r", (r) => r.copy(x, 0, y, 0, 4))).toThrow(binding);
    await expect(device.read(y)).rejects.toThrow(binding);
    const other = await open(1);
    expect(() => other.record("r", (r) => r.dispatch(pipeline!, [x, x], [1]))).toThrow(KernelError);
  });
});

describe("a device", () => {
  it("can be closed and opened again, many times", async () => {
    for (let i = 0; i < 5; i++) {
      const device = await open(2);
      expect(await chain(device, 2, 16)).toHaveLength(32);
      device.destroy();
    }
  });

  it("tells threads and instructions", async () => {
    const plain = await open(3, false);
    expect(plain.info).toMatchObject({ kind: "cpu", threads: 3, workgroupSize: 1 });
    expect(plain.info.description).toMatch(/, 3 threads, SIMD$/);
    expect(plain.info.features.has("relaxed-simd")).toBe(false);
  });

  it("says where the time went", async () => {
    const device = await open(2);
    const [pipeline] = await device.createPipelines([hash]);
    const [x, y] = [upload(device, numbers(64)), device.createBuffer(256, "y")];
    const recording = device.record("profile", (r) => {
      for (let i = 0; i < 3; i++) r.dispatch(pipeline!, [x, y], [64]);
      r.copy(x, 0, y, 0, 64);
    });
    const times = device.profile(recording);
    expect(times.map((t) => [t.name, t.calls]).sort()).toEqual([
      ["copy", 1],
      ["hash", 3],
    ]);
    expect(times.every((t) => t.milliseconds > 0)).toBe(true);
  });

  it("keeps no process alive that has nothing to do", async () => {
    const source = `
      import { openCpuDevice } from ${JSON.stringify(new URL("../node/index.ts", import.meta.url).href)};
      const device = await openCpuDevice({ threads: 3 });
      const [p] = await device.createPipelines([{ name: "k", code: ${JSON.stringify(hash.code)} }]);
      const x = device.createBuffer(64, "x"), y = device.createBuffer(64, "y");
      const r = device.record("r", (r) => r.dispatch(p, [x, y], [16]));
      device.run(r);
      console.log("ran", new Uint32Array(await device.read(y))[0]);`;
    const options = ["--import", "tsx", "--conditions=@tugboat/source", "--input-type=module", "-e", source];
    const child = spawn(process.execPath, options, { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(output).toBe("ran 1\n");
    expect(code).toBe(0);
  });
});
