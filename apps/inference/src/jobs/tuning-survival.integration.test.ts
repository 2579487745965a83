import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openDatabase } from "@tugboat/db";
import { defaultConfig } from "@tugboat/tuning";
import { freshState, type RunState } from "@tugboat/tuning/run";
import { expect, it } from "vitest";
import { tuningFolder } from "../domain/tuning/bring.ts";
import { startRun } from "../domain/tuning/start.ts";
import { type RunningService, startService } from "../testing/service.ts";

const objects = ["cat", "dog", "bird", "tree", "ball", "house", "boat", "hat", "cake", "star"];
const examples = objects.flatMap((object) => [
  { input: `The big ${object} was red`, output: "red" },
  { input: `She saw a blue ${object} today`, output: "blue" },
]);

/** Made beforehand: how fast this machine is must not decide what is trained. */
const planned: RunState = {
  ...freshState,
  plan: {
    settings: [
      { id: "a", rank: 8, learningRate: 2e-3 },
      { id: "b", rank: 8, learningRate: 1e-3 },
    ],
    rungs: [6, 12],
    batchSize: 4,
    stepMs: 1,
    reserveMs: 1,
  },
};

it.skipIf(process.platform !== "linux")(
  "a run whose processes are killed three times, at random moments, goes on by itself and ends with the same adapter",
  async () => {
    // Once, so that the catalog is there; then two runs of the same plan wait for the next start.
    const first = await startService();
    const { home } = first;
    await first.stop();
    const { folders, organizationId, runs } = await queueRuns(home, ["killed", "whole"]);
    let service = await startService({}, home);
    const moments: string[] = [];
    try {
      // The process that trains, the whole service, and the process that trains again.
      for (const victim of ["training", "service", "training"] as const) {
        const pid = await trainingOf(service);
        const waitMs = Math.round(Math.random() * 1200);
        await pause(waitMs);
        const alive = (await childrenOf(service)).includes(pid);
        moments.push(`${victim} after ${waitMs} ms${alive ? "" : ", when it was over"}`);
        if (!alive) continue;
        if (victim === "training") {
          process.kill(pid, "SIGKILL");
          continue;
        }
        service.process.kill("SIGKILL");
        await new Promise((resolve) => service.process.once("exit", resolve));
        service = await startService({}, home);
      }
      const database = await openDatabase({ home });
      try {
        const scope = database.organization(organizationId);
        const done = async () => {
          const found = await Promise.all(runs.map((id) => scope.tuningRuns.get(id)));
          return found.map(({ stage, summary }) => (summary === null ? `not done: ${stage}` : "done"));
        };
        await expect
          .poll(done, { timeout: 240_000, interval: 500, message: moments.join("; ") })
          .toEqual(["done", "done"]);
      } finally {
        await database.close();
      }
      const [killed, whole] = await Promise.all(
        folders.map((folder) => readFile(join(folder, "adapter/adapter_model.safetensors"))),
      );
      expect(killed?.length).toBeGreaterThan(1000);
      expect(whole && killed?.equals(whole), moments.join("; ")).toBe(true);
    } finally {
      await service.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
  420_000,
);

async function queueRuns(home: string, names: readonly string[]) {
  const database = await openDatabase({ home });
  try {
    const { organizationId } = database.home;
    const scope = database.organization(organizationId);
    const runs: string[] = [];
    const folders: string[] = [];
    for (const name of names) {
      const { run } = await scope.transaction((tx) =>
        startRun(tx, { name, model: "stories260K", minutes: 60, config: defaultConfig, examples, actor: "system" }),
      );
      const folder = tuningFolder(home, organizationId, run.id);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "state.json"), JSON.stringify(planned));
      runs.push(run.id);
      folders.push(folder);
    }
    return { organizationId, runs, folders };
  } finally {
    await database.close();
  }
}

/** The process that trains now, as soon as there is one. */
async function trainingOf(service: RunningService): Promise<number> {
  const start = performance.now();
  for (;;) {
    const [pid] = await childrenOf(service);
    if (pid !== undefined) return pid;
    if (performance.now() - start > 90_000) throw new Error(`nothing trains:\n${service.log()}`);
    await pause(50);
  }
}

/** Processes of tuning runs that the service has begun. */
async function childrenOf({ process: { pid } }: RunningService): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [stat, command] = await Promise.all(
      ["stat", "cmdline"].map((file) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "")),
    );
    const parent = Number(stat?.replace(/^.*\) \S+ /s, "").split(" ")[0]);
    if (parent === pid && command?.includes("tuning/worker")) found.push(Number(name));
  }
  return found;
}
