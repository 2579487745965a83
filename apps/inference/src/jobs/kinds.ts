import type { JobKind } from "./define.ts";
import { digestModel } from "./kinds/models-digest.ts";

/** Every kind of background work. */
export const jobKinds: readonly JobKind[] = [digestModel];
