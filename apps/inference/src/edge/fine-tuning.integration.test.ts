import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openModelFromFile } from "@tugboat/engine/browser";
import { defaultConfig, withoutTexts } from "@tugboat/tuning";
import { freshState, MemoryPlace, runTuning } from "@tugboat/tuning/run";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
let client: OpenAI;
beforeAll(async () => {
  service = await startService();
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
});
afterAll(() => service?.remove());

const objects = ["cat", "dog", "bird", "tree", "ball", "house"];
const examples = objects.flatMap((object) =>
  ["red", "blue"].map((colour) => ({
    messages: [
      { role: "user", content: `Lily saw a ${colour} ${object}` },
      { role: "assistant", content: colour },
    ],
  })),
);

async function upload(lines: readonly object[]): Promise<string> {
  const file = await toFile(Buffer.from(lines.map((one) => JSON.stringify(one)).join("\n")), "colours.jsonl");
  return (await client.files.create({ file, purpose: "fine-tune" })).id;
}

async function ended(id: string): Promise<OpenAI.FineTuning.FineTuningJob> {
  const over = ["succeeded", "failed", "cancelled"];
  await expect
    .poll(async () => over.includes((await client.fineTuning.jobs.retrieve(id)).status), {
      timeout: 240_000,
      interval: 250,
    })
    .toBe(true);
  return client.fineTuning.jobs.retrieve(id);
}

it("tunes from a file, tells what happens, and answers with the model that came out", async () => {
  const training_file = await upload(examples);
  const created = await client.fineTuning.jobs.create({
    model: "stories260K",
    training_file,
    suffix: "colours",
    method: { type: "supervised" },
    // More than it takes: the clock must not decide.
    metadata: { minutes: "2" },
  });
  expect(created).toMatchObject({ object: "fine_tuning.job", model: "stories260K", fine_tuned_model: null });
  const done = await ended(created.id);
  expect(done).toMatchObject({ status: "succeeded", error: null, training_file, user_provided_suffix: "colours" });
  expect(done.finished_at).toBeGreaterThanOrEqual(done.created_at);
  const tuned = done.fine_tuned_model ?? "";
  const answer = await client.chat.completions.create({
    model: tuned,
    messages: [{ role: "user", content: "Lily saw a red hat" }],
    max_completion_tokens: 4,
  });
  expect(answer.choices).toHaveLength(1);

  const events = [];
  for await (const event of client.fineTuning.jobs.listEvents(created.id, { limit: 2 })) events.push(event);
  expect(events.at(-1)?.message).toMatch(/^Created fine-tuning job: 12 examples/);
  expect(events[0]?.message).toBe(`New fine-tuned model created: ${tuned}`);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const { data } = await client.fineTuning.jobs.checkpoints.list(created.id);
  expect(data[0]).toMatchObject({ fine_tuned_model_checkpoint: tuned, fine_tuning_job_id: created.id });
  expect(data[0]?.metrics.train_loss).toBeGreaterThanOrEqual(0);
}, 300_000);

it("lists jobs, and cancels one", async () => {
  const training_file = await upload(examples);
  const { id } = await client.fineTuning.jobs.create({
    model: "stories260K",
    training_file,
    metadata: { minutes: "30" },
  });
  const listed = await client.fineTuning.jobs.list({ limit: 1 });
  expect(listed.data.map((one) => one.id)).toEqual([id]);
  expect(listed.has_more).toBe(true);
  await client.fineTuning.jobs.cancel(id);
  expect((await ended(id)).status).toMatch(/cancelled|succeeded/);
  await expect(client.fineTuning.jobs.cancel(id)).rejects.toMatchObject({ status: 409 });
}, 300_000);

it("says what is wrong before it begins", async () => {
  const few = await upload(examples.slice(0, 3));
  const jobs = client.fineTuning.jobs;
  await expect(jobs.create({ model: "stories260K", training_file: few })).rejects.toMatchObject({
    status: 400,
    code: "invalid_training_file",
    param: "training_file",
  });
  const training_file = await upload(examples);
  await expect(jobs.create({ model: "nobody", training_file })).rejects.toMatchObject({ status: 404 });
  await expect(
    jobs.create({ model: "stories260K", training_file, hyperparameters: { n_epochs: 3 } }),
  ).rejects.toMatchObject({ status: 400, code: "unsupported_parameter" });
  await expect(jobs.create({ model: "stories260K", training_file, method: { type: "dpo" } })).rejects.toMatchObject({
    status: 400,
    param: "method",
  });
  await expect(jobs.retrieve("ftjob-nothing")).rejects.toMatchObject({ status: 404 });
});

/** What a page does in its worker: examples in memory, a small plan made beforehand. */
async function trainedElsewhere() {
  const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
  const file = Object.assign(new File([await readFile(path)], "stories260K.gguf"), { webkitRelativePath: "" });
  const place = new MemoryPlace(() => openModelFromFile(file));
  const settings = [{ id: "a", rank: 4, learningRate: 3e-3 }];
  const plan = { settings, rungs: [2, 4], batchSize: 4, stepMs: 1, reserveMs: 1 };
  await place.write("state.json", new TextEncoder().encode(JSON.stringify({ ...freshState, plan })));
  const stop = new AbortController();
  const config = { ...defaultConfig, where: "browser" as const };
  const told = examples.map(({ messages: [asked, answered] }) => ({
    input: asked?.content ?? "",
    output: answered?.content ?? "",
  }));
  const spec = { examples: told, config, budgetMs: 3_600_000, device: "cpu" as const, threads: 1 };
  const { report } = await runTuning(spec, place, {
    stop: stop.signal,
    // Ended by hand once there is a model: no learning curve, no repetitions.
    report: ({ stage }) => stage === "writing the adapter and the model" && stop.abort(),
  });
  const adapter = await place.loadAdapter("adapter");
  if (adapter === undefined) throw new Error("the run left no adapter");
  return { adapter, report: withoutTexts(report) };
}

it("takes an adapter that was trained elsewhere, ships it and answers with it", async () => {
  const { adapter, report } = await trainedElsewhere();
  const authorization = `Bearer ${service.apiKey}`;
  const call = async (path: string, body: BodyInit, type = "application/json") => {
    const headers = { authorization, "content-type": type };
    const response = await fetch(`${service.url}/api/${path}`, { method: "POST", headers, body });
    return { status: response.status, body: await response.json() };
  };
  const bring = async (weights: Uint8Array) => {
    const sent = await call("dataset-files", Uint8Array.from(weights), "application/octet-stream");
    const { config } = adapter;
    const wish = { name: "brought", model: "stories260K", minutes: 1, mayForget: 1 };
    return call("tuning/bring", JSON.stringify({ ...wish, weights: sent.body.id, config, report }));
  };
  const damaged = await bring(adapter.weights.subarray(0, 1000));
  expect(damaged.status).toBe(400);
  expect(damaged.body.error.message).toMatch(/\w+/);
  const brought = await bring(adapter.weights);
  expect(brought).toMatchObject({ status: 200, body: { model: "stories260K-brought" } });
  const ship = { id: brought.body.run, alias: "colours-brought", anyway: true };
  const shipped = await call("tuning/ship", JSON.stringify(ship));
  expect(shipped).toMatchObject({ status: 200, body: { model: "stories260K-brought" } });
  const { data, response } = await client.chat.completions
    .create({
      model: "colours-brought",
      messages: [{ role: "user", content: "Lily saw a red hat" }],
      max_completion_tokens: 4,
    })
    .withResponse();
  expect(data.choices).toHaveLength(1);
  expect(response.headers.get("x-tugboat-plan")).toBe("colours-brought@1:stories260K-brought");
}, 300_000);
