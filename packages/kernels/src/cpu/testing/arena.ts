import { type Device, type Groups, KernelError } from "../../device.ts";

/** Larger than any word that a test puts inside a bound range. */
export const outside = 0xc0ffee00;

export interface Arena {
  readonly x: Uint32Array;
  readonly yWords: number;
  readonly groups?: Groups;
  readonly params?: Uint32Array;
  readonly constants?: Readonly<Record<string, number>>;
}

const start = 4096;
const gap = 8192;

/**
 * Runs a kernel over two ranges `x` (binding 0) and `y` (binding 1, zeroed) in the middle of a buffer of `outside`
 * words. Gives `refused` when the dispatch was not recorded, else y's words.
 * @throws when a word outside the ranges changed, or one of y's came from there.
 */
export async function runInArena(device: Device, code: string, arena: Arena): Promise<"refused" | number[]> {
  const { constants, groups = [1], params, x, yWords } = arena;
  const [pipeline] = await device.createPipelines([{ name: "arena", code, constants }]);
  const xAt = start;
  const yAt = Math.ceil((xAt + x.byteLength + gap) / 256) * 256;
  const words = new Uint32Array((yAt + yWords * 4 + gap) / 4).fill(outside);
  words.set(x, xAt / 4);
  words.fill(0, yAt / 4, yAt / 4 + yWords);
  const buffer = device.createBuffer(words.byteLength, "arena");
  try {
    device.write(buffer, 0, words);
    const bindings = [
      { buffer, offset: xAt, size: x.byteLength },
      { buffer, offset: yAt, size: yWords * 4 },
    ];
    const recording = device.record("arena", (r) => r.dispatch(pipeline!, bindings, groups, params));
    device.run(recording);
    recording.destroy();
    const after = new Uint32Array(await device.read(buffer));
    const y = after.slice(yAt / 4, yAt / 4 + yWords);
    words.set(y, yAt / 4);
    words.set(after.subarray(xAt / 4, xAt / 4 + x.length), xAt / 4);
    const changed = words.findIndex((word, i) => word !== after[i]);
    if (changed >= 0) throw new Error(`word ${changed - yAt / 4} of y, which has ${yWords}, was written`);
    if (y.includes(outside)) throw new Error(`y[${y.indexOf(outside)}] was read from outside x`);
    return [...y];
  } catch (error) {
    if (error instanceof KernelError && error.code === "binding") return "refused";
    throw error;
  } finally {
    buffer.destroy();
  }
}
