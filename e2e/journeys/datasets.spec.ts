import { readFile } from "node:fs/promises";
import { expect, test } from "../src/test.ts";

const rows = Array.from(
  { length: 12 },
  (_, i) => `${i},Where is parcel number ${i * 31}?,${i % 2 ? "delivery" : "billing"}`,
);
const csv = `id,note,kind\n${rows.join("\n")}\n`;

test("an expert imports a file, corrects a column, edits a row, sees what changed and takes it home", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(180_000);
  const name = `parcels-${Date.now().toString(36)}`;
  await page.goto(`${facts.consoleUrl}/datasets`);
  await page.getByRole("button", { name: "Import examples" }).first().click();
  await page
    .getByLabel("File to import")
    .setInputFiles({ name: "parcels.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByLabel("Dataset", { exact: true }).fill(name);
  const kind = page.getByLabel("Column kind");
  await expect(kind).toHaveValue("expected");
  await page.getByLabel("Column id").selectOption("tag");
  await expect(page.getByLabel("Column id")).toBeEnabled();
  await expect(page.getByLabel("Column id")).toHaveValue("tag");
  await page.getByRole("button", { name: "Import", exact: true }).click();

  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible({ timeout: 60_000 });
  const examples = page.getByRole("list", { name: "Examples" });
  await expect(examples.getByRole("listitem")).toHaveCount(12);
  await page.getByLabel("Search the examples").fill("number 31?");
  await expect(examples.getByRole("listitem")).toHaveCount(1);
  await examples.getByRole("button").click();
  const dialog = page.getByRole("dialog", { name: "Row 2" });
  await expect(dialog.getByLabel("Tags")).toHaveValue("1");
  await dialog.getByLabel("The right answer").fill("lost");
  await dialog.getByRole("button", { name: "Save as a new version" }).click();
  await expect(dialog).toBeHidden();

  await page.getByRole("tab", { name: "Versions" }).click();
  const changed = page.getByRole("list", { name: "Changed rows" });
  await expect(changed.getByRole("listitem")).toHaveCount(1);
  await expect(changed).toContainText("delivery");
  await expect(changed).toContainText("lost");

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "CSV" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe(`${name}-v2.csv`);
  const text = await readFile(await file.path(), "utf8");
  expect(text.split("\r\n")[0]).toBe("input,expected,tags,split");
  expect(text).toContain("Where is parcel number 31?,lost,1,");
});
