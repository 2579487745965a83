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
