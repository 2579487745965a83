import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "../src/test.ts";

const file = fileURLToPath(new URL("../../models/tug-small/tug-small-q8_0.gguf", import.meta.url));
const notAModel = fileURLToPath(new URL("../package.json", import.meta.url));

test("a model is uploaded over a break, tried, compared and removed", async ({ console: page, facts }) => {
  const name = `uploaded-${Date.now()}`;
  const offsets: number[] = [];
  let held = true;
  await page.route("**/api/uploaded-files/*", async (route) => {
    const request = route.request();
    if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
    // The second part never arrives: the page is left while it is on its way.
    if (held && offsets.length > 1) return;
    await route.continue();
  });
  await page.goto(`${facts.consoleUrl}/models`);
  await page.getByRole("button", { name: "Add a model" }).click();
  await page.getByLabel("Model file").setInputFiles(file);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  await expect.poll(() => offsets.length, { timeout: 30_000 }).toBeGreaterThan(1);

  await page.reload();
  held = false;
  offsets.length = 0;
  await expect(page.getByText("1 upload not finished: tug-small-q8_0.gguf")).toBeVisible();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByLabel("Model file").setInputFiles(file);
  await expect(page.getByText(/are here already: it goes on from there/)).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Go on with the upload" }).click();
  await expect(page).toHaveURL(new RegExp(`/models/${name}$`), { timeout: 30_000 });
  expect(offsets[0]).toBeGreaterThan(0);

  // The page explains the model; its tokenizer can be tried.
  await expect(page.getByRole("img", { name: "Architecture of the model" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Grouped-query attention" })).toBeVisible();
  await page.getByLabel("Try a text").fill("boats boats boats");
  await expect(page.getByText(/^\d+ tokens for 17 characters/)).toBeVisible();
  expect(await page.getByRole("region", { name: "Tokens" }).getByRole("listitem").count()).toBeGreaterThan(2);

  // Compared side by side; the address keeps it.
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("checkbox", { name: "Compare tug-nano" }).check();
  await expect(page.getByRole("heading", { name: "2 models side by side" })).toBeVisible();
  await page.reload();
  const comparison = page.getByRole("region", { name: "Comparison" });
  await expect(comparison.getByRole("row", { name: /Parameters differs/ })).toContainText("15.7M");
  await expect(comparison.getByRole("row", { name: /^File differs/ })).toContainText("best");

  // Removed by its name, with its file.
  await comparison.getByRole("link", { name }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  const remove = page.getByRole("button", { name: "Remove the model" });
  await page.getByRole("switch", { name: /Delete its files as well/ }).click();
  await expect(remove).toBeDisabled();
  await page.getByLabel(`Type ${name} to remove it`).fill(name);
  await remove.click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/models`);
  await expect(page.getByRole("row").filter({ hasText: "tug-nano" })).toBeVisible();
  await expect(page.getByRole("link", { name, exact: true })).toHaveCount(0);
});

test("a model comes from the hub, with its progress on the page; it is measured, and goes with its files", async ({
  console: page,
  facts,
  hub,
}) => {
  test.skip(process.env.TUGBOAT_E2E_HOME !== undefined, "a product that runs already downloads from another hub");
  const name = `from-the-hub-${Date.now().toString(36)}`;
  hub.hold();
  await page.goto(`${facts.consoleUrl}/models`);
  await page.getByRole("button", { name: "Add a model" }).click();
  await page.getByRole("tab", { name: /hub/i }).click();
  await page.getByLabel("Hub id").fill(`${hub.model}<script>`);
  await page.getByRole("button", { name: "Download" }).click();
  await expect(page.getByText(/is no hub id/)).toBeVisible();
  await page.getByLabel("Hub id").fill(hub.model);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Download" }).click();
  const bar = page.getByRole("progressbar", { name: `Download of ${name}` });
  await expect(bar).toHaveAttribute("aria-valuenow", "0", { timeout: 60_000 });
  await expect(page.getByText(/^downloading, 0\sB of 1\.\d+\sMiB, 0\s%/)).toBeVisible();
  hub.release();
  await expect(bar).toHaveCount(0, { timeout: 60_000 });

  await page.getByRole("link", { name, exact: true }).click();
  // It measures itself when nothing else runs; who can't wait says so.
  await page.getByRole("button", { name: /^Measure (now|again)$/ }).click();
  await expect(page.getByRole("button", { name: "Measure again" })).toBeEnabled({ timeout: 90_000 });
  await expect(page.getByText(/^measured .+ on /).first()).toBeVisible();

  const folder = join(facts.home, "models", hub.model);
  expect(existsSync(folder)).toBe(true);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("switch", { name: /Delete its files as well/ }).click();
  await page.getByLabel(`Type ${name} to remove it`).fill(name);
  await page.getByRole("button", { name: "Remove the model" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/models`);
  await expect.poll(() => existsSync(folder)).toBe(false);
});

test("what is no model is refused in a sentence", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  await page.getByRole("button", { name: "Add a model" }).click();
  await page.getByLabel("Model file").setInputFiles(notAModel);
  await expect(page.getByText("This is no .gguf file.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Upload", exact: true })).toBeDisabled();
  const part = { name: "model-00001-of-00003.gguf", mimeType: "", buffer: Buffer.from("GGUF") };
  await page.getByLabel("Model file").setInputFiles(part);
  await expect(page.getByText(/^This is one part of several\./)).toBeVisible();
  const buffer = Buffer.from("a picture that was called a model");
  await page.getByLabel("Model file").setInputFiles({ name: "picture.gguf", mimeType: "", buffer });
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText("picture.gguf is no GGUF file: it begins with other bytes.")).toBeVisible();
  await page.getByRole("button", { name: "Choose another file" }).click();
  await page.getByRole("tab", { name: "On this machine" }).click();
  await page.getByLabel("File or folder on the service's machine").fill("/nonexistent/<script>.gguf");
  await page.getByRole("button", { name: "Add the model" }).click();
  await expect(page.getByText("There is no file or folder /nonexistent/<script>.gguf")).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a comparison and the dialog that adds are free of violations, ${colorScheme}`, async ({
    console: page,
    facts,
  }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${facts.consoleUrl}/models?compare=tug-small&compare=tug-nano`);
    await expect(page.getByRole("heading", { name: "2 models side by side" })).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.getByRole("button", { name: "Add a model" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.waitForTimeout(300);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}
