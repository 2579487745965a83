import type { Binding, Device, Groups } from "../../device.ts";
import { poisoned, upload } from "../../testing/run.ts";

export type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export const f32 = (...values: number[]): Float32Array<ArrayBuffer> => Float32Array.from(values);
export const i32 = (...values: number[]): Int32Array<ArrayBuffer> => Int32Array.from(values);
export const u32 = (...values: number[]): Uint32Array<ArrayBuffer> => Uint32Array.from(values);

/** A kernel that reads `x`, writes `y`, and what `y` holds afterwards. */
export interface Example {
  readonly name: string;
  /** Declarations beside `main`, `x` and `y`. */
  readonly module?: string;
  /** The statements of `main`; `group` is its workgroup_id. */
  readonly body: string;
  readonly x?: Words;
  readonly y: Words;
  readonly constants?: Readonly<Record<string, number>>;
  readonly groups?: Groups;
}

const element = (words: Words): string =>
  words instanceof Float32Array ? "f32" : words instanceof Int32Array ? "i32" : "u32";

export function sourceOf(example: Example): string {
  return `${example.module ?? ""}
@group(0) @binding(0) var<storage, read> x: array<${element(example.x ?? u32(0))}>;
@group(0) @binding(1) var<storage, read_write> y: array<${element(example.y)}>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
${example.body}
}`;
}

/** Runs the example; gives what `y` holds, as numbers. */
export async function run(device: Device, example: Example): Promise<number[]> {
  const { constants, groups = [1], name, x = u32(0), y } = example;
  const output = await dispatch(device, sourceOf(example), { name, constants, groups, inputs: [x], words: y.length });
  const typed = y instanceof Float32Array ? Float32Array : y instanceof Int32Array ? Int32Array : Uint32Array;
  return [...new typed(output)];
}

export interface Dispatch {
  readonly name?: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly groups?: Groups;
  /** Content of the bindings before the output. */
  readonly inputs: readonly ArrayBufferView[];
  /** Size of the output, which is the last binding but the uniform, and starts with all bits set. */
  readonly words: number;
  readonly params?: ArrayBufferView;
}

export async function dispatch(device: Device, code: string, options: Dispatch): Promise<ArrayBuffer> {
  const { constants, groups = [1], inputs, name = "example", params, words } = options;
  const [pipeline] = await device.createPipelines([{ name, code, constants }]);
  const buffers = [...inputs.map((data) => upload(device, data)), poisoned(device, words)];
  const bindings: Binding[] = buffers;
  const recording = device.record(name, (recorder) => recorder.dispatch(pipeline!, bindings, groups, params));
  device.run(recording);
  const result = await device.read(buffers[buffers.length - 1]!);
  recording.destroy();
  for (const buffer of buffers) buffer.destroy();
  return result;
}
