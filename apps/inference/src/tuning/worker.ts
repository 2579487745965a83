/** The process of one tuning run. Started by `fork`; speaks `protocol.ts` over its channel. */

import { type RunOptions, runTuning } from "@tugboat/tuning/run";
import { folderPlace } from "./place.ts";
import type { FromRun, ToRun } from "./protocol.ts";

if (process.send === undefined) {
  console.error("This is a worker of the Tugboat service; it is not started by hand.");
  process.exit(2);
}

// Ctrl-C reaches the whole process group: the service decides when a worker ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
// The service is gone, however it went; what was checkpointed is gone on from.
process.on("disconnect", () => process.exit(0));

const stop = new AbortController();

function send(message: FromRun): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}

process.on("message", (raw) => {
  // The other end is the service.
  const message = raw as ToRun;
  if (message.type === "stop") return stop.abort();
  const report: RunOptions["report"] = (progress) => void send({ type: "progress", ...progress });
  folderPlace(message.spec)
    .then((place) => runTuning(message.spec, place, { stop: stop.signal, report }))
    .then(
      (result) => send({ type: "done", ...result }),
      (error: unknown) => {
        console.error(error);
        const said = error instanceof Error ? error : new Error(String(error));
        const hint = "hint" in said && typeof said.hint === "string" ? said.hint : undefined;
        const code = "code" in said && typeof said.code === "string" ? said.code : "";
        const final = ["unsupported", "bad-samples", "too-few", "bad-request", "bad-model", "refused"].includes(code);
        return send({ type: "failed", message: said.message, final, ...(hint !== undefined && { hint }) });
      },
    )
    .then(() => process.exit(0));
});
