export type { Told } from "./context.ts";
export { MemoryPlace } from "./memory-place.ts";
export { labelChances, likeliest } from "./predict.ts";
export { type RunOptions, runTuning } from "./run.ts";
export type { RunPlace, RunSpec } from "./spec.ts";
export { freshState, type RunState } from "./state.ts";
export { Texts } from "./texts.ts";
