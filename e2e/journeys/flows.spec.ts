import { expect, test } from "../src/test.ts";

test("a flow is written, corrected at its line, run, answered by a person, and called like a model", async ({
  console: page,
  facts,
}) => {
  const name = `check-${Date.now()}`;
  await page.goto(`${facts.consoleUrl}/flows/new`);
  const yaml = page.getByRole("textbox", { name: "The flow as YAML" });
  const before = await yaml.inputValue();
  // The canvas and the text are one document: a change of either is a change of both, and is taken back.
  await page.getByLabel("Add a step").selectOption("approve");
  await expect(yaml).toHaveValue(/approve: Go on\?/);
  const added = page.getByRole("region", { name: "Step approve" });
  await added.getByLabel("Question").fill("Shall it go on?");
  await expect(yaml).toHaveValue(/approve: Shall it go on\?/);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(yaml).toHaveValue(before);
  await page.getByLabel(/^Step count: /).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "Step count" })).toBeVisible();
  const sample = before.replace("flow: check-a-text", `flow: ${name}`);
  await yaml.fill(sample.replace("count.long}", "count.length}"));
  await page.getByRole("button", { name: /^Line \d+$/ }).click();
  await expect(yaml).toBeFocused();
  await expect(page.getByRole("button", { name: "Apply" })).toBeDisabled();
  await yaml.fill(sample);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(`${facts.consoleUrl}/flows/${name}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("never run");

  await page.getByLabel("text").fill("a letter that has more than five words in it");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByLabel("Note").fill("send it");
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText('"verdict": "send it"')).toBeVisible({ timeout: 60_000 });

  const answer = await fetch(`${facts.apiUrl}/v1/flows/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${facts.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ input: { text: "a short one" } }),
  });
  expect(await answer.json()).toMatchObject({ state: "done", output: { words: 3, asked: false } });
});

test("documents are put into a collection, found by words with their lines, and removed by name", async ({
  console: page,
  facts,
}) => {
  const collection = `handbook-${Date.now()}`;
  await page.goto(`${facts.consoleUrl}/documents`);
  await page.getByLabel("New collection").fill(collection);
  await page.getByRole("button", { name: "Make collection" }).click();
  const chooser = page.getByLabel(`Put files into ${collection}`);
  const text = "# Refunds\n\nWhoever sends a parcel back within thirty days gets the money again.\n";
  await chooser.setInputFiles({ name: "refunds.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  await expect(page.getByText("1 added, 0 changed, 0 as they were.")).toBeVisible({ timeout: 30_000 });
  await page.getByLabel("What do you look for").fill("parcel money");
  await page.getByRole("main").getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("list", { name: "Passages" })).toContainText("thirty days");
  await page.getByRole("button", { name: "Remove refunds.md" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("refunds.md");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText(`${collection} is empty.`)).toBeVisible();
});
