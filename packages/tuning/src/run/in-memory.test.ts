import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openModelFromFile } from "@tugboat/engine/browser";
import { expect, it } from "vitest";
import { defaultConfig, runReport, withoutTexts } from "../report.ts";
import { MemoryPlace } from "./memory-place.ts";
import { runTuning } from "./run.ts";
import { freshState, stateName } from "./state.ts";

const objects = ["cat", "dog", "bird", "tree", "ball", "house", "boat"];
const examples = objects.flatMap((object) => [
  { input: `Zelda's big ${object} was red`, output: "red" },
  { input: `Zelda saw a blue ${object} today`, output: "blue" },
]);

it("a run in memory, as a browser does it, ends with an adapter and a report that can be told without a text", async () => {
  const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
  // Node's files have no folder.
  const file = Object.assign(new File([await readFile(path)], "stories260K.gguf"), { webkitRelativePath: "" });
  const place = new MemoryPlace(() => openModelFromFile(file));
  // A small plan, made beforehand: how fast this machine is must not decide.
  const plan = {
    settings: [{ id: "a", rank: 4, learningRate: 3e-3 }],
    rungs: [2, 4],
    batchSize: 4,
    stepMs: 1,
    reserveMs: 1,
  };
  await place.write(stateName, new TextEncoder().encode(JSON.stringify({ ...freshState, plan })));
  const stop = new AbortController();
  const stages = new Set<string>();
  const config = { ...defaultConfig, where: "browser" as const };
  const spec = { examples, config, budgetMs: 3_600_000, device: "cpu" as const, threads: 1 };
  const { report } = await runTuning(spec, place, {
    stop: stop.signal,
    report: ({ progress, stage }) => {
      stages.add(stage.replace(/:.*/, ""));
      // As the page gets it.
      structuredClone(progress);
      // Ended by hand once there is a model: no learning curve, no repetitions.
      if (stage === "writing the adapter and the model") stop.abort();
    },
  });
  expect(runReport.parse(structuredClone(report))).toEqual(report);
  expect(stages).toContain("training, way A");
  const adapter = await place.loadAdapter("adapter");
  expect(adapter?.config).toMatchObject({ peft_type: "LORA", r: 4 });
  expect(adapter?.weights.length).toBeGreaterThan(1000);
  expect(JSON.stringify([report.wrong, report.worth, report.suspects])).toContain("Zelda");
  expect(JSON.stringify(withoutTexts(report))).not.toContain("Zelda");
}, 120_000);
