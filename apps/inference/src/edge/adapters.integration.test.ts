import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { answerText, loadEngine, openTrainer } from "@tugboat/engine";
import { openModel, saveAdapter } from "@tugboat/engine/node";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

const base = "stories260K";
const file = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
const prompt = "Once upon a time";
const ends = ["zebra zebra zebra zebra", "blue boat blue boat blue"] as const;

let service: RunningService;
let client: OpenAI;
let folder: string;
/** What each merged model says by itself. */
const merged: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-adapters-"));
  for (const [i, end] of ends.entries()) {
    const source = await openModel(file);
    const method = { kind: "lora", rank: 4 + 6 * i } as const;
    const trainer = await openTrainer(source, {
      device: "cpu",
      threads: 1,
      method,
      optimizer: { learningRate: 1e-2 },
      contextLength: 64,
      maxRows: 64,
    });
    const plain = await loadEngine(await trainer.merged(), { device: "cpu", maxSequences: 1 });
    const text = answerText(plain.tokenize(prompt, { bos: true }), plain.tokenize(` ${end}`));
    await plain.close();
    for (let step = 0; step < 15; step++) await trainer.train({ kind: "supervised", texts: [text] });
    await saveAdapter(join(folder, `adapter-${i}`), await trainer.exportAdapter());
    const engine = await loadEngine(await trainer.merged(), { device: "cpu", maxSequences: 1 });
    let said = "";
    for await (const event of engine.generate({ prompt: { text: prompt }, temperature: 0, maxTokens: 12 })) {
      if (event.type === "token" || event.type === "finish") said += event.text;
    }
    merged.push(said);
    await engine.close();
    await trainer.close();
    await source.files.close();
  }
  service = await startService();
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

const post = (path: string, body: object) =>
  fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

async function ask(model: string): Promise<string> {
  const { choices } = await client.completions.create({ model, prompt, max_tokens: 12, temperature: 0 });
  return choices[0]!.text;
}

it("serves adapters beside their model from one worker, added while it runs", async () => {
  const plain = await ask(base);
  for (const i of ends.keys()) {
    const added = await post("/api/models/add", { source: join(folder, `adapter-${i}`), name: `tuned-${i}`, base });
    expect(await added.json()).toMatchObject({ name: `tuned-${i}`, base, quantisation: `lora r${4 + 6 * i}` });
  }
  const wanted = Array.from({ length: 12 }, (_, i) => [base, "tuned-0", "tuned-1"][i % 3]!);
  const answers = await Promise.all(wanted.map(ask));
  const expected: Record<string, string> = { [base]: plain, "tuned-0": merged[0]!, "tuned-1": merged[1]! };
  expect(answers).toEqual(wanted.map((name) => expected[name]));
  expect(new Set(answers).size).toBe(3);
  const health = (await (await fetch(`${service.url}/health`)).json()) as { models: { id: string }[] };
  expect(JSON.stringify(health)).not.toContain("restarting");
  const listed = await client.models.list();
  const found = listed.data.find(({ id }) => id === "tuned-0");
  expect(found).toMatchObject({ tugboat: { base, state: "ready" } });
});

it("refuses an adapter that is not its model's, and to remove a model that adapters need", async () => {
  const wrong = await post("/api/models/add", { source: join(folder, "adapter-0"), name: "wrong", base: "tug-small" });
  expect(wrong.status).toBeGreaterThanOrEqual(400);
  expect(wrong.status).toBeLessThan(500);
  const nobody = await post("/api/models/add", { source: join(folder, "adapter-0"), name: "wrong", base: "nothing" });
  expect(await nobody.text()).toContain("not in the catalog");
  const remove = await post("/api/models/remove", { name: base });
  expect(remove.status).toBe(412);
  expect(await remove.text()).toContain("tuned-0");
});
