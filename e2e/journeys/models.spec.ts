import { readFileSync } from "node:fs";
import { expect, test } from "../src/test.ts";

test("the bundled models are listed with what they are", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("can run on this machine");
  const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  await expect(row("tug-small")).toContainText("15.7M");
  await expect(row("tug-small")).toContainText("q8_0");
  await expect(row("tug-small")).toContainText("512tokens");
  await expect(row("tug-small")).toContainText("default");
  await expect(row("tug-nano")).toContainText("3.93M");
  await expect(row("stories260K")).toContainText("260k");
});

test("the table sorts, filters and exports", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  const names = page.getByRole("row").locator("td:first-child a");
  await page.getByRole("button", { name: "Parameters" }).click();
  await expect(names).toHaveText(["stories260K", "tug-nano", "tug-small"]);
  await expect(page.getByRole("columnheader", { name: "Parameters" })).toHaveAttribute("aria-sort", "ascending");
  await page.getByRole("button", { name: "Parameters" }).click();
  await expect(names).toHaveText(["tug-small", "tug-nano", "stories260K"]);
  await page.getByRole("searchbox", { name: "Filter models" }).fill("tug q8");
  await expect(names).toHaveText(["tug-small", "tug-nano"]);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("models.csv");
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^tug-small,/);
});

test("a model has a page, and leads to the playground", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models`);
  await page.getByRole("link", { name: "tug-small", exact: true }).click();
  await expect(page).toHaveURL(/\/models\/tug-small$/);
  await expect(page.getByRole("heading", { name: "Architecture" })).toBeVisible();
  await page.getByRole("link", { name: "Try in the playground" }).click();
  await expect(page).toHaveURL(/\/playground\?model=tug-small/);
});

test("a model that is not there says so", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/models/never-added`);
  await expect(page.getByText("There is no model called never-added")).toBeVisible();
});
