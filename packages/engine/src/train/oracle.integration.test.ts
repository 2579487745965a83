import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { relativeError } from "../testing/engines.ts";
import { decodeFloats, oracleSchema } from "./testing/oracle-model.ts";

const scriptOf = (name: string) => fileURLToPath(new URL(`../../oracle/${name}.py`, import.meta.url));
// The system's own Python has Debian's torch; another one in the PATH may not.
const python = ["/usr/bin/python3", "python3"].find((one) => spawnSync(one, ["-c", "import torch"]).status === 0);
const whyNot = python === undefined ? " (skipped: no Python here has torch)" : "";
if (python === undefined) console.warn(`skipped: the training oracle${whyNot}`);

it.skipIf(python === undefined)(`PyTorch still gives the numbers of oracle.json${whyNot}`, { timeout: 120_000 }, () => {
  const run = spawnSync(python!, [scriptOf("train")], { encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(run.stderr).toBe("");
  const now = oracleSchema.parse(JSON.parse(run.stdout));
  const kept = oracleSchema.parse(JSON.parse(readFileSync(new URL("./testing/oracle.json", import.meta.url), "utf8")));
  for (const part of ["full", "adapter"] as const) {
    expect(Object.keys(now[part])).toEqual(Object.keys(kept[part]));
    const pairs = Object.values(now[part]).map((one, i) => [one, Object.values(kept[part])[i]!] as const);
    for (const [fresh, known] of pairs) {
      expect(fresh.loss).toBeCloseTo(known.loss, 9);
      expect(Object.keys(fresh.gradients)).toEqual(Object.keys(known.gradients));
      for (const [name, values] of Object.entries(fresh.gradients)) {
        expect(relativeError(decodeFloats(values), decodeFloats(known.gradients[name]!)), name).toBeLessThan(1e-6);
      }
    }
  }
  for (const kind of ["full", "adapter"] as const) {
    expect(relativeError(now.curve[kind].losses, kept.curve[kind].losses)).toBeLessThan(1e-6);
  }
});

it.skipIf(python === undefined)(
  `PyTorch still gives the losses of pretrain.json${whyNot}`,
  { timeout: 240_000 },
  () => {
    const run = spawnSync(python!, [scriptOf("pretrain")], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    const schema = z.object({ losses: z.array(z.number()).length(50) });
    const kept = readFileSync(new URL("./testing/pretrain.json", import.meta.url), "utf8");
    const [now, known] = [run.stdout, kept].map((text) => schema.parse(JSON.parse(text)).losses);
    // f32 here: the order of sums depends on the machine's BLAS.
    expect(relativeError(now!, known!)).toBeLessThan(1e-3);
  },
);
