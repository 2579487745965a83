import { expect, it } from "vitest";
import { draftsFor, settingsDraft, settingsOf } from "./settings-draft.ts";

const none = {
  contextLength: null,
  kvCacheBytes: null,
  kvType: null,
  draft: null,
  maxInFlight: null,
  device: null,
  idleMinutes: null,
  pinned: false,
  replicas: 1,
  prefillReplicas: 0,
  layerStages: 1,
  embeddingWorkers: 0,
  headWorkers: 0,
};

it("leaves what is empty to the machine, and keeps the rest", () => {
  expect(settingsOf(settingsDraft(none))).toEqual(none);
  const some = {
    ...none,
    contextLength: 2048,
    kvCacheBytes: 512 * 2 ** 20,
    device: "cpu" as const,
    pinned: true,
    replicas: 3,
    prefillReplicas: 0,
    layerStages: 1,
    embeddingWorkers: 0,
    headWorkers: 0,
  };
  expect(settingsDraft(some)).toMatchObject({
    contextLength: "2048",
    kvCacheMiB: "512",
    maxInFlight: "",
    replicas: "3",
    prefillReplicas: "0",
    layerStages: "1",
    embeddingWorkers: "0",
    headWorkers: "0",
  });
  expect(settingsOf(settingsDraft(some))).toEqual(some);
});

it("offers smaller models as drafts, the smallest first, and keeps the one that is set", () => {
  const models = [
    { name: "large", parameters: 900, base: null },
    { name: "model", parameters: 100, base: null },
    { name: "small", parameters: 50, base: null },
    { name: "tiny", parameters: 5, base: null },
    { name: "adapter", parameters: 1, base: "model" },
  ];
  expect(draftsFor({ model: "model", settings: { draft: null } }, models)).toEqual(["tiny", "small"]);
  expect(draftsFor({ model: "tiny", settings: { draft: "gone" } }, models)).toEqual(["gone"]);
});
