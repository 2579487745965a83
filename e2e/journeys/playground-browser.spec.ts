import type { Page } from "@playwright/test";
import { Playground } from "../src/playground.ts";
import { expect, test } from "../src/test.ts";

const prompts = {
  stories260K: "Once upon a time",
  "tug-small": "Choose one: animal, food, plant\n\nText: a small domesticated carnivore that chases mice",
} as const;

/** The same model twice, greedily: on the service and in this browser. */
async function sideBySide(page: Page, model: keyof typeof prompts, device: "webgpu" | "cpu", tokens: number) {
  const playground = new Playground(page);
  await playground.open({ model, temperature: "0", max_tokens: String(tokens) });
  await page.getByRole("button", { name: "More for this column" }).click();
  await page.getByRole("menuitem", { name: "Duplicate the column" }).click();
  await playground.choose(2, model, "browser");
  await expect(playground.column(2).getByText("this browser", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Parameters of column 2" }).click();
  await page.getByLabel("Computes with").first().selectOption(device);
  await playground.send(prompts[model]);
  await playground.finished(200_000);
  return playground;
}

// WebGPU computed in software is slow: there the smallest model stands for all.
for (const [model, device, tokens] of [
  ["stories260K", "cpu", 60],
  ["stories260K", "webgpu", 24],
  ["tug-small", "cpu", 16],
] as const) {
  const where = device === "cpu" ? "WebAssembly" : "WebGPU";
  test(`${model} writes in this browser with ${where} what the service writes`, async ({ console: page }) => {
    test.setTimeout(240_000);
    const playground = await sideBySide(page, model, device, tokens);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const [service = "", browser = ""] = await playground.answers.allInnerTexts();
    expect(service.length).toBeGreaterThan(3);
    expect(browser).toBe(service);
    await expect(playground.column(2).getByTestId("figures")).toContainText("free");
    const stored = page.getByRole("region", { name: "Stored in this browser" }).first();
    await expect(stored).toContainText(model);
  });
}

test("a stored model is not fetched again, goes on where it was cut, and can be removed", async ({ console: page }) => {
  test.setTimeout(120_000);
  const ranges: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/model-files/")) ranges.push(request.headers().range);
  });
  // The first download breaks off: the worker asks for the rest alone.
  let cuts = 1;
  await page.context().route("**/api/model-files/**", async (route) => {
    if (cuts-- <= 0) return route.continue();
    const response = await route.fetch();
    const body = (await response.body()).subarray(0, 300_000);
    const { "content-length": _, ...headers } = response.headers();
    return route.fulfill({ status: 200, headers, body });
  });
  const playground = new Playground(page);
  await playground.open({ model: "stories260K", place: "browser", temperature: "0", max_tokens: "12" });
  await expect(page.getByText("this browser", { exact: true })).toBeVisible();
  await page.getByLabel("Computes with").first().selectOption("cpu");
  await playground.send("Once upon a time");
  await expect(page.getByRole("log").getByRole("alert")).toContainText("broke off");
  await page
    .getByRole("button", { name: "Answer again" })
    .or(page.getByRole("button", { name: "Another seed" }))
    .first()
    .click();
  const text = await playground.finished();
  expect(text.length).toBeGreaterThan(10);
  expect(ranges).toEqual([undefined, "bytes=300000-"]);

  await page.reload();
  await playground.send("Once upon a time");
  await playground.finished();
  expect(ranges).toHaveLength(2);
  await page.getByRole("button", { name: "Remove stories260K from this browser" }).click();
  await expect(page.getByRole("region", { name: "Stored in this browser" })).toBeHidden();
});
