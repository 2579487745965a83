/**
 * The loop that every thread runs: takes workgroups of the current command from a shared counter, meets the others at
 * a barrier, goes on with the next command. Waiting spins for some microseconds, then sleeps.
 */
import { argumentHeaderWords } from "../lower/builder.ts";
import { Bytes, encodeModule, valueType } from "./encoder.ts";

/** Words of one command: table index, argument block, workgroups, workgroups per grab, flags, counter. */
export const commandWords = 8;
export const command = { kernel: 0, args: 1, groups: 2, chunk: 3, flags: 4, counter: 7 } as const;
/** Only thread 0 runs it; all threads meet after it. */
export const flag = { serial: 1, barrier: 2 } as const;

/** Byte offsets in the synchronisation block; each on its own cache line. */
export const sync = { epoch: 0, arrived: 64, sleeping: 128, idle: 192, job: 256, bytes: 512 } as const;
/** Words of the job: what to do, program, commands, arrivals before it starts. */
export const job = { kind: 0, program: 1, commands: 2, base: 3 } as const;
export const jobKind = { run: 0, park: 1 } as const;

const spinsAtBarrier = 30_000;
const spinsWhenIdle = 60_000;
const sleepNanoseconds = 2_000_000n;

/** Index in the table of the command that copies bytes: bindings 0 and 1 are source and destination. */
export const copyKernel = 0;

/** Exports `run(program, commands, base, thread, threads, sync)` and `serve(thread, threads, sync, epoch)`. */
export function runnerModule(memory: { shared: boolean; maximumPages: number }): Uint8Array<ArrayBuffer> {
  const { i32 } = valueType;
  return encodeModule({
    types: [
      [[i32, i32, i32], []],
      [[i32, i32, i32, i32, i32, i32], []],
      [[i32, i32, i32, i32], []],
    ],
    memory,
    globals: ["tableBase"],
    tableBase: 0,
    functions: [
      { type: 0, body: copyBody() },
      { type: 1, body: runBody(memory.shared), exported: "run" },
      ...(memory.shared ? [{ type: 2, body: serveBody(), exported: "serve" }] : []),
    ],
  });
}

class Code {
  readonly out = new Bytes();
  get = (i: number): this => this.op(0x20, i);
  set = (i: number): this => this.op(0x21, i);
  tee = (i: number): this => this.op(0x22, i);
  private op(code: number, i: number): this {
    this.out.byte(code).u32(i);
    return this;
  }
  constant(v: number): this {
    this.out.byte(0x41).s32(v);
    return this;
  }
  raw(...bytes: number[]): this {
    this.out.byte(...bytes);
    return this;
  }
  load(offset: number): this {
    this.out.byte(0x28, 2).u32(offset);
    return this;
  }
  atomicLoad(offset: number): this {
    this.out.byte(0xfe, 0x10, 2).u32(offset);
    return this;
  }
  atomicAdd(offset: number): this {
    this.out.byte(0xfe, 0x1e, 2).u32(offset);
    return this;
  }
  /** Stack: address, expected → sleeps while the word is `expected`, at most `sleepNanoseconds`. */
  wait(offset: number): this {
    this.out.byte(0x42);
    let v = sleepNanoseconds;
    for (;;) {
      const low = Number(v & 0x7fn);
      v >>= 7n;
      if (v === 0n && (low & 0x40) === 0) {
        this.out.byte(low);
        break;
      }
      this.out.byte(low | 0x80);
    }
    this.out.byte(0xfe, 0x01, 2).u32(offset).byte(0x1a);
    return this;
  }
  block(build: () => void): this {
    this.out.byte(0x02, 0x40);
    build();
    this.out.byte(0x0b);
    return this;
  }
  loop(build: () => void): this {
    this.out.byte(0x03, 0x40);
    build();
    this.out.byte(0x0b);
    return this;
  }
  when(build: () => void): this {
    this.out.byte(0x04, 0x40);
    build();
    this.out.byte(0x0b);
    return this;
  }
  br(depth: number): this {
    this.out.byte(0x0c).u32(depth);
    return this;
  }
  brIf(depth: number): this {
    this.out.byte(0x0d).u32(depth);
    return this;
  }
}

const add = 0x6a;
const sub = 0x6b;
const and = 0x71;
const equal = 0x46;
const geS = 0x4e;
const geU = 0x4f;
const ltU = 0x49;

function runBody(shared: boolean): Uint8Array {
  const [program, commands, base, thread, threads, syncAt] = [0, 1, 2, 3, 4, 5];
  const [target, first, end, spins, seen, groups, chunk] = [6, 7, 8, 9, 10, 11, 12];
  const c = new Code();
  const call = (): void => {
    c.get(program!)
      .load(command.args * 4)
      .get(first!)
      .get(end!)
      .get(program!)
      .load(command.kernel * 4);
    c.raw(0x11, 0, 0);
  };
  c.get(base!).set(target!);
  c.block(() => {
    c.loop(() => {
      c.get(commands!).raw(0x45).brIf(1);
      c.get(program!)
        .load(command.groups * 4)
        .set(groups!);
      c.get(program!)
        .load(command.flags * 4)
        .constant(flag.serial)
        .raw(and);
      c.raw(0x04, 0x40);
      c.get(thread!)
        .raw(0x45)
        .when(() => {
          c.constant(0).set(first!).get(groups!).set(end!);
          call();
        });
      c.raw(0x05);
      if (shared) {
        c.get(program!)
          .load(command.chunk * 4)
          .set(chunk!);
        c.block(() => {
          c.loop(() => {
            c.get(program!)
              .get(chunk!)
              .atomicAdd(command.counter * 4)
              .tee(first!)
              .get(groups!)
              .raw(geU)
              .brIf(1);
            c.get(first!).get(chunk!).raw(add).tee(end!).get(groups!).get(end!).get(groups!).raw(ltU, 0x1b).set(end!);
            call();
            c.br(0);
          });
        });
      } else {
        c.constant(0).set(first!).get(groups!).set(end!);
        call();
      }
      c.raw(0x0b);
      if (shared)
        barrier(c, {
          program: program!,
          threads: threads!,
          syncAt: syncAt!,
          target: target!,
          spins: spins!,
          seen: seen!,
        });
      c.get(program!)
        .constant(commandWords * 4)
        .raw(add)
        .set(program!);
      c.get(commands!).constant(1).raw(sub).set(commands!);
      c.br(0);
    });
  });
  c.raw(0x0b);
  return new Bytes().u32(1).u32(7).byte(valueType.i32).raw(c.out.done()).done();
}

function copyBody(): Uint8Array {
  const binding = (i: number): number => (argumentHeaderWords + i * 2) * 4;
  const c = new Code();
  c.get(0)
    .load(binding(1))
    .get(0)
    .load(binding(0))
    .get(0)
    .load(binding(0) + 4);
  c.raw(0xfc, 0x0a, 0x00, 0x00, 0x0b);
  return new Bytes().u32(0).raw(c.out.done()).done();
}

interface BarrierLocals {
  readonly program: number;
  readonly threads: number;
  readonly syncAt: number;
  readonly target: number;
  readonly spins: number;
  readonly seen: number;
}

function barrier(c: Code, l: BarrierLocals): void {
  c.get(l.program)
    .load(command.flags * 4)
    .constant(flag.barrier)
    .raw(and);
  c.when(() => {
    c.get(l.target).get(l.threads).raw(add).set(l.target);
    c.get(l.syncAt).constant(1).atomicAdd(sync.arrived).constant(1).raw(add).get(l.target).raw(equal);
    c.raw(0x04, 0x40);
    // The last to arrive wakes those who sleep.
    c.get(l.syncAt)
      .atomicLoad(sync.sleeping)
      .when(() => {
        c.get(l.syncAt).constant(-1).raw(0xfe, 0x00, 2).out.u32(sync.arrived).byte(0x1a);
      });
    c.raw(0x05);
    c.constant(0).set(l.spins);
    c.block(() => {
      c.loop(() => {
        c.get(l.syncAt).atomicLoad(sync.arrived).tee(l.seen).get(l.target).raw(sub).constant(0).raw(geS).brIf(1);
        c.get(l.spins).constant(1).raw(add).tee(l.spins).constant(spinsAtBarrier).raw(ltU).brIf(0);
        c.get(l.syncAt).constant(1).atomicAdd(sync.sleeping).raw(0x1a);
        c.get(l.syncAt).get(l.seen).wait(sync.arrived);
        c.get(l.syncAt).constant(-1).atomicAdd(sync.sleeping).raw(0x1a);
        c.br(0);
      });
    });
    c.raw(0x0b);
  });
}

/** Waits for jobs until told to park. */
function serveBody(): Uint8Array {
  const [thread, threads, syncAt, epoch] = [0, 1, 2, 3];
  const [spins, now] = [4, 5];
  const c = new Code();
  c.loop(() => {
    c.constant(0).set(spins!);
    c.block(() => {
      c.loop(() => {
        c.get(syncAt!).atomicLoad(sync.epoch).tee(now!).get(epoch!).raw(0x47).brIf(1);
        c.get(spins!).constant(1).raw(add).tee(spins!).constant(spinsWhenIdle).raw(ltU).brIf(0);
        c.get(syncAt!).constant(1).atomicAdd(sync.idle).raw(0x1a);
        c.get(syncAt!).get(epoch!);
        waitForever(c, sync.epoch);
        c.get(syncAt!).constant(-1).atomicAdd(sync.idle).raw(0x1a);
        c.br(0);
      });
    });
    c.get(now!).set(epoch!);
    c.get(syncAt!)
      .load(sync.job + job.kind * 4)
      .raw(0x45);
    c.when(() => {
      c.get(syncAt!)
        .load(sync.job + job.program * 4)
        .get(syncAt!)
        .load(sync.job + job.commands * 4);
      c.get(syncAt!)
        .load(sync.job + job.base * 4)
        .get(thread!)
        .get(threads!)
        .get(syncAt!)
        .raw(0x10, 1);
      c.br(1);
    });
  });
  c.raw(0x0b);
  return new Bytes().u32(1).u32(2).byte(valueType.i32).raw(c.out.done()).done();
}

/** Stack: address, expected. */
function waitForever(c: Code, offset: number): void {
  c.out.byte(0x42, 0x7f, 0xfe, 0x01, 2).u32(offset).byte(0x1a);
}
