import { expect, it } from "vitest";
import { compareModels } from "./comparison.ts";
import type { Model } from "./types.ts";

const model: Model = {
  id: "0198f0a4-0000-7000-8000-000000000000",
  name: "small",
  architecture: "llama",
  parameters: 1e6,
  contextLength: 512,
  base: null,
  quantisation: "q8_0",
  licence: "MIT",
  bytes: 1e6,
  addedAt: "2026-01-05T09:00:00.000Z",
  updatedAt: "2026-01-05T09:00:00.000Z",
  isDefault: false,
  shared: false,
  own: true,
  shareable: true,
  state: "idle",
  sourcePath: "/models/small.gguf",
  files: [],
  speeds: [],
  memory: null,
};
const speed = { device: "CPU", decodeTokensPerSecond: 100, prefillTokensPerSecond: 900 };

it("marks what differs, what is better, and how large it is beside the largest", () => {
  const large: Model = {
    ...model,
    name: "large",
    bytes: 4e6,
    speeds: [{ ...speed, measuredAt: "2026-01-05T09:00:00.000Z" }],
  };
  const rows = new Map(compareModels([model, large], Date.parse("2026-01-05T10:00:00Z")).map((row) => [row.name, row]));
  expect(rows.get("File")).toMatchObject({
    differs: true,
    cells: [
      { share: 0.25, best: true },
      { share: 1, best: false },
    ],
  });
  expect(rows.get("Context")?.differs).toBe(false);
  expect(rows.get("Quantisation")?.differs).toBe(false);
  expect(rows.get("Decode")?.cells).toMatchObject([
    { note: "not measured yet", best: false },
    { note: "measured 1 hour ago", best: true },
  ]);
});
