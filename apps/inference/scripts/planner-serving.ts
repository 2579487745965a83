/** What a plan adds to a request, and how fast EXPLAIN is, of a running service. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { RunningService } from "../src/testing/service.ts";

const planning = z.object({ planning: z.string() });
const state = z.object({ state: z.string(), error: z.string().nullable() });

export interface Serving {
  /** Of a request, in ms: choosing the plan, the cache, checking input and output. */
  readonly overhead: { readonly p50: number; readonly p95: number };
  /** From outside, in ms: the whole request, and what of it is not the model's answer, HTTP included. */
  readonly whole: number;
  readonly around: number;
  readonly requests: number;
  /** `tasks.explain` and all of a task's page, in ms. */
  readonly explain: { readonly p50: number; readonly p95: number };
  readonly page: { readonly p50: number; readonly p95: number };
}

const requests = 200;

/** Declares a task, plans it, ships a plan of one request to a model, and asks it. */
export async function measureServing(service: RunningService, yaml: string, csvPath: string): Promise<Serving> {
  const headers = { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" };
  const post = async (path: string, body: object) => {
    const response = await fetch(service.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return { answer, timing: response.headers.get("server-timing") ?? "" };
  };
  const file = { name: "examples.csv", base64: readFileSync(csvPath).toString("base64") };
  await post("/api/tasks/declare", { yaml, file });
  const name = /^task: (.+)$/m.exec(yaml)?.[1] ?? "";
  const { planning: id } = planning.parse((await post("/api/tasks/plan", { name, minutes: 1 })).answer);
  for (;;) {
    const found = state.parse(await (await fetch(`${service.url}/api/tasks/planning?id=${id}`, { headers })).json());
    if (found.state === "done") break;
    if (found.error !== null) throw new Error(found.error);
    await pause(500);
  }
  await post("/api/tasks/ship", { name, anyway: true });
  const texts = Array.from({ length: requests + 20 }, (_, i) => `A package with the number ${i} that draws boats`);
  const inside: number[] = [];
  const [whole, around]: [number[], number[]] = [[], []];
  for (const [i, text] of texts.entries()) {
    const begun = performance.now();
    const { timing } = await post(`/v1/tasks/${name}`, { input: { text } });
    const took = performance.now() - begun;
    // The first few warm up what is compiled when it is used.
    if (i < 20) continue;
    const steps = [...timing.matchAll(/step\d+;dur=([\d.]+)/g)].reduce((sum, [, ms]) => sum + Number(ms), 0);
    whole.push(took);
    around.push(took - steps);
    inside.push(Number(/plan;dur=([\d.]+)/.exec(timing)?.[1]));
  }
  const timed = async (path: string) => {
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const begun = performance.now();
      await (await fetch(service.url + path, { headers })).json();
      times.push(performance.now() - begun);
    }
    return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
  };
  return {
    overhead: { p50: quantile(inside, 0.5), p95: quantile(inside, 0.95) },
    whole: quantile(whole, 0.5),
    around: quantile(around, 0.5),
    requests,
    explain: await timed(`/api/tasks/explain?name=${name}`),
    page: await timed(`/api/tasks/get?name=${name}`),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
