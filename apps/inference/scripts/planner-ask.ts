/** Asks a running service, and remembers each answer: what was asked once is never measured twice. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type Answer, readAnswer } from "../src/domain/asking/answer.ts";
import type { ModelFacts } from "../src/domain/planner/cost-model.ts";
import type { AskModel } from "../src/tasks/run-step.ts";
import type { RunningService } from "../src/testing/service.ts";

const kept = z.object({
  key: z.string(),
  ms: z.number(),
  status: z.number(),
  timing: z.string().nullable(),
  body: z.unknown(),
});

/** Of a machine that costs 20 cents an hour: what a request takes is what it costs. */
export const priceOf = (model: string) => ({
  target: model,
  input: 0,
  cachedInput: 0,
  output: 0,
  perHour: 200_000,
  marginBasisPoints: 0,
});
const microUsdOfMs = 200_000 / 3_600_000;

/** @param path where answers are kept, a line each */
export function rememberingAsk(service: Pick<RunningService, "apiKey" | "url">, path: string): AskModel {
  const known = new Map(
    (existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : []).map((line) => {
      const one = kept.parse(JSON.parse(line));
      return [one.key, one] as const;
    }),
  );
  return async ({ body, endpoint }) => {
    const key = createHash("sha256")
      .update(JSON.stringify([endpoint, body]))
      .digest("hex");
    let one = known.get(key);
    if (one === undefined) {
      const begun = performance.now();
      const response = await fetch(service.url + endpoint, {
        method: "POST",
        headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answered: unknown = await response.json();
      one = {
        key,
        ms: performance.now() - begun,
        status: response.status,
        timing: response.headers.get("server-timing"),
        body: answered,
      };
      known.set(key, one);
      appendFileSync(path, `${JSON.stringify(one)}\n`);
    }
    const headers = new Headers(one.timing === null ? {} : { "server-timing": one.timing });
    const read: Answer = readAnswer({ id: key, elapsedMs: one.ms, status: one.status, headers, body: one.body });
    return read.ok ? { ...read, costMicroUsd: read.latencyMs * microUsdOfMs } : read;
  };
}

const speeds = z.array(z.looseObject({ decodeTokensPerSecond: z.number(), prefillTokensPerSecond: z.number() }));
const models = z.object({
  models: z.array(
    z.looseObject({
      name: z.string(),
      parameters: z.number().nullable(),
      contextLength: z.number().nullable(),
      speeds,
    }),
  ),
});

/** The service's models with the speeds that it measured of them; waits until each was. */
export async function modelsOf({ apiKey, url }: Pick<RunningService, "apiKey" | "url">): Promise<ModelFacts[]> {
  for (;;) {
    const response = await fetch(`${url}/api/models/list`, { headers: { authorization: `Bearer ${apiKey}` } });
    const { models: all } = models.parse(await response.json());
    if (all.every((one) => one.speeds.length > 0)) {
      return all.map(({ contextLength, name, parameters, speeds: [speed] }) => ({
        name,
        kind: "model",
        parameters,
        contextLength,
        prefillTps: speed?.prefillTokensPerSecond ?? null,
        decodeTps: speed?.decodeTokensPerSecond ?? null,
        price: priceOf(name),
        fits: true,
        tunedWith: null,
      }));
    }
    await pause(1000);
  }
}
