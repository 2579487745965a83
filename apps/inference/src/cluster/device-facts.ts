import { cpus } from "node:os";
import type { EngineFacts } from "@tugboat/db";
import type { Env } from "../env.ts";
import { computingOf, machineBytes } from "../machine.ts";

/** What an engine tells of the machine that it runs on. */
export function deviceFacts(env: Env): EngineFacts {
  const { device, threads } = computingOf(env);
  const [cpu] = cpus();
  return { device, name: cpu?.model.trim() ?? "CPU", threads, memoryBytes: machineBytes() };
}
