import { expect, it } from "vitest";
import { MemoryPlace } from "./memory-place.ts";
import { freshState, readState, stateName } from "./state.ts";

it("keeps the moments that a run began with: those of before are f32", async () => {
  const place = new MemoryPlace(() => Promise.reject(new Error("no model is needed")));
  expect((await readState(place)).moments).toBe("packed");
  const { moments: _, ...earlier } = freshState;
  await place.write(stateName, new TextEncoder().encode(JSON.stringify({ ...earlier, spentMs: 7 })));
  expect(await readState(place)).toMatchObject({ moments: "f32", spentMs: 7 });
});
