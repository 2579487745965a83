import { createHash } from "node:crypto";

/** The file of a batch's results: known before it is there, so that a second run goes on with it. */
export function fileIdOf(batch: string, what: "output" | "error"): string {
  return `file-${createHash("sha256").update(`${batch} ${what}`).digest("hex").slice(0, 32)}`;
}
