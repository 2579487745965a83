/** The process that computes one stage of a model. Started by an engine worker; speaks `protocol.ts` over its channel. */
import { openStage, type StageWorker } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { toWireError } from "../protocol.ts";
import type { FromStage, StageLoad, ToStage } from "./protocol.ts";

if (process.send === undefined) {
  console.error("This is a stage of a Tugboat engine worker; it is not started by hand.");
  process.exit(2);
}

// The engine worker decides when it ends, and takes it along however it goes itself.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit(0));

const statsIntervalMs = 1000;

const send = (message: FromStage) => {
  if (process.connected) process.send?.(message);
};

let stage: StageWorker | undefined;
let busyMs = 0;

async function load({ kernelCache, options, path, stage: part }: StageLoad): Promise<void> {
  try {
    const source = await openModel(path, { kernelCache });
    const opened = openStage(source, part, {
      ...options,
      onProgress: (progress) => send({ type: "progress", progress }),
    });
    // Its weights are on the device.
    stage = await opened.finally(() => source.files.close());
    send({ type: "ready", facts: stage.facts });
    let reported = performance.now();
    const report = () => {
      const now = performance.now();
      send({ type: "stats", rssBytes: process.memoryUsage.rss(), busy: Math.min(1, busyMs / (now - reported)) });
      reported = now;
      busyMs = 0;
    };
    send({ type: "stats", rssBytes: process.memoryUsage.rss(), busy: 0 });
    setInterval(report, statsIntervalMs).unref();
  } catch (error) {
    send({ type: "load-failed", error: toWireError(error) });
  }
}

async function run({ commands, id }: Extract<ToStage, { type: "run" }>): Promise<void> {
  try {
    if (stage === undefined) throw new Error("The stage has no model.");
    const begin = performance.now();
    const answer = await stage.run(commands);
    busyMs += performance.now() - begin;
    send({ type: "answer", id, answer });
  } catch (error) {
    send({ type: "answer", id, answer: { error: toWireError(error) } });
  }
}

process.on("message", (message) => {
  const told = message as ToStage;
  switch (told.type) {
    case "load":
      return void load(told.load);
    case "run":
      return void run(told);
    case "close":
      return process.exit(0);
  }
});
