import { z } from "zod";
import { EngineError } from "../errors.ts";

const schema = z.object({
  // NUL parts an adapter from a scope: see `adapterScope`.
  cacheScope: z
    .string()
    .max(200)
    .regex(/^[^\0]*$/)
    .default(""),
  tenant: z.string().max(200).optional(),
  priority: z.enum(["interactive", "batch"]).default("interactive"),
  timeoutMs: z.number().positive().optional(),
});

/** How a request is to be served among others, checked. */
export type ServingTerms = z.output<typeof schema>;

/** @throws EngineError `bad-request` that names the field. */
export function parseServingTerms(terms: unknown): ServingTerms {
  const parsed = schema.safeParse(terms);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") || "request";
  const what = `${field}: ${issue?.message ?? "not allowed"}`;
  throw new EngineError("bad-request", what, `Change ${field} and send the request again.`);
}
