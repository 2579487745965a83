import { ceilDiv, checkShape, type OpSet } from "./op.ts";

/** The number of vec4s in a row. @throws KernelError (`shape`) */
export function quarters(op: string, dim: number): number {
  checkShape(Number.isInteger(dim) && dim > 0 && dim % 4 === 0, op, `rows of ${dim} are no multiple of 4`);
  return dim / 4;
}

/**
 * How an elementwise op cuts a row: pieces of `size` units, `count` of them. Large on the CPU, where a workgroup is a
 * function call; a few units a lane on a GPU.
 */
export function pieces(ops: OpSet, units: number, cpuUnits: number): { size: number; count: number } {
  const lanes = ops.device.info.workgroupSize;
  const size = lanes === 1 ? cpuUnits : lanes * 4;
  return { size, count: ceilDiv(units, size) };
}
