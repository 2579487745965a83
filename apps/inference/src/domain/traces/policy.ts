import { z } from "zod";

/** What of a project's requests is kept, and for how long. */
export const tracePolicy = z.object({
  /** Of so many requests in a hundred what was asked and answered is kept; of the others only figures and steps. */
  bodiesPercent: z.int().min(0).max(100),
  /** Whether e-mail addresses, phone and card numbers are replaced before anything is stored. */
  redact: z.boolean(),
  /** After so many days all of it is deleted. */
  retentionDays: z.int().min(1).max(400),
});
export type TracePolicy = Readonly<z.output<typeof tracePolicy>>;

/** An organization's policies: one for what no project of its own has one for. */
export const tracePolicies = z.object({
  usual: tracePolicy,
  projects: z.record(z.string(), tracePolicy).default({}),
});
export type TracePolicies = z.output<typeof tracePolicies>;

export const usualPolicy: TracePolicy = { bodiesPercent: 100, redact: true, retentionDays: 30 };
/** The key of the setting that holds them. */
export const policySetting = "traces.policy";

export function policyOf(policies: TracePolicies | undefined, projectId: string | null): TracePolicy {
  return (projectId === null ? undefined : policies?.projects[projectId]) ?? policies?.usual ?? usualPolicy;
}

/** Whether the bodies of a request are kept. The chance in its id decides, so that every process decides the same. */
export function keepsBodies({ bodiesPercent }: TracePolicy, id: string): boolean {
  return Number.parseInt(id.slice(-6), 16) % 100 < bodiesPercent;
}
