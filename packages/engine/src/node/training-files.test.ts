import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadAdapter, readCheckpointFile, saveAdapter, writeCheckpointFile } from "./training-files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tugboat-training-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("a checkpoint is replaced whole and leaves nothing beside it", async () => {
  const path = join(folder, "run.checkpoint");
  expect(await readCheckpointFile(path)).toBeUndefined();
  for (const content of [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]) {
    await writeCheckpointFile(path, content);
    expect([...(await readCheckpointFile(path))!]).toEqual([...content]);
  }
  expect(await readdir(folder)).toEqual(["run.checkpoint"]);
  await expect(writeCheckpointFile(join(folder, "none", "x"), Uint8Array.of(1))).rejects.toMatchObject({
    code: "missing",
  });
});

it("an adapter's folder is read as it was written", async () => {
  const adapter = { config: { peft_type: "LORA", r: 4 }, weights: Uint8Array.of(9, 8) };
  const path = join(folder, "adapter");
  await saveAdapter(path, adapter);
  const { config, weights } = await loadAdapter(path);
  expect(config).toEqual(adapter.config);
  expect([...weights]).toEqual([9, 8]);
  expect((await readdir(path)).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  await expect(loadAdapter(folder)).rejects.toMatchObject({ code: "bad-request" });
  await writeFile(join(path, "adapter_config.json"), "[");
  await expect(loadAdapter(path)).rejects.toThrow();
});
