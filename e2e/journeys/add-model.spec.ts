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
  await page.getByRole("switch", { name: /Delete its uploaded file/ }).click();
  await expect(remove).toBeDisabled();
  await page.getByLabel(`Type ${name} to remove it`).fill(name);
  await remove.click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/models`);
  await expect(page.getByRole("row").filter({ hasText: "tug-nano" })).toBeVisible();
  await expect(page.getByRole("link", { name, exact: true })).toHaveCount(0);
});

test("what is no model is refused in a sentence", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  await page.getByRole("button", { name: "Add a model" }).click();
  await page.getByLabel("Model file").setInputFiles(notAModel);
  await expect(page.getByText("This is no .gguf file.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Upload", exact: true })).toBeDisabled();
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
