import { fileURLToPath } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { type PageServer, servePage } from "./server.ts";

const model = fileURLToPath(new URL("../../models/stories260K/stories260K.gguf", import.meta.url));
const beginning = ", there was a little girl named Lily.";

let server: PageServer;
test.beforeAll(async () => {
  server = await servePage(model);
});
test.afterAll(() => server.close());

/** What the engine writes on a device, in a worker of a fresh page. */
async function textOn(page: Page, device: "webgpu" | "cpu"): Promise<string> {
  await page.goto(server.url);
  await expect(page.locator("body")).toHaveAttribute("data-state", "ready");
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.locator(`#${device}`).click();
  await expect(page.locator("body")).toHaveAttribute("data-state", /done|failed/, { timeout: 120_000 });
  const status = await page.locator("#status").innerText();
  await expect(page.locator("body"), status).toHaveAttribute("data-state", "done");
  await expect(page.locator("body")).toHaveAttribute("data-device", device);
  test.info().annotations.push({ type: device, description: status });
  return (await page.locator("#text").textContent()) ?? "";
}

test("a worker writes the same greedy text on WebGPU and on WebAssembly", async ({ page }) => {
  const onCpu = await textOn(page, "cpu");
  expect(onCpu.slice(0, beginning.length)).toBe(beginning);
  expect(onCpu.length).toBeGreaterThan(100);
  expect(await textOn(page, "webgpu")).toBe(onCpu);
});
