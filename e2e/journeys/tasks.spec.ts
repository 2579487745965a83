import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isClean } from "../src/looks.ts";
import { expect, test } from "../src/test.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
/** A search for a plan on two cores that do other things too. */
const patience = { timeout: 150_000 };

test("a task is declared from a CSV, planned, read, shipped; a better model joins, is proposed, shipped and rolled back", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(400_000);
  const stamp = Date.now().toString(36);
  const task = `queues-${stamp}`;
  const model = `better-${stamp}`;
  const watched = join(facts.home, "watched");
  const file = join(watched, `${model}.gguf`);
  const call = (procedure: string, input: object) =>
    fetch(`${facts.apiUrl}/api/${procedure}`, {
      method: "POST",
      headers: { authorization: `Bearer ${facts.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(input),
    });
  try {
    await page.goto(`${facts.consoleUrl}/tasks`);
    await page.getByRole("link", { name: "Declare a task" }).first().click();
    await page.getByLabel("File of examples", { exact: true }).setInputFiles(fixture("queues.csv"));
    await page.getByLabel("Name", { exact: true }).fill(task);
    await expect(page.getByLabel("What comes in")).toHaveValue("message");
    await expect(page.getByLabel("The right answer")).toHaveValue("queue");
    await page.getByRole("spinbutton", { name: "At least so many right, of 1" }).fill("0.3");
    await page.getByRole("spinbutton", { name: "p95 latency at most, in ms" }).fill("0");
    await page.getByLabel("Of what holds all that, prefer").selectOption("quality");
    await page.getByRole("button", { name: "Declare the task" }).click();
    await expect(page).toHaveURL(new RegExp(`/tasks/${task}$`));

    // Planned in the time that is allowed; EXPLAIN says what, why, and shows each answer.
    await page.getByLabel("Minutes that planning may take").fill("0.2");
    await page.getByRole("button", { name: "Plan", exact: true }).click();
    await expect(page.getByRole("heading", { name: "EXPLAIN" })).toBeVisible(patience);
    await page.getByRole("button", { name: "See the evidence" }).click();
    const answers = page.getByRole("dialog").getByRole("region", { name: "Answers" }).getByRole("listitem");
    await expect(answers.first()).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "As text" }).click();
    await expect(page.getByText(`${task} → plan`)).toBeVisible();
    await page.getByRole("button", { name: "As a tree" }).click();
    await isClean(page, "a task that was planned");
    await page.getByRole("button", { name: /^Ship/ }).click();
    const serving = page.getByRole("heading", { name: /^Plan \d+ serves/ });
    await expect(serving).toBeVisible();
    const first = /^Plan (\d+) /.exec((await serving.textContent()) ?? "")?.[1];

    // A better model joins the watched folder: what it is worth is measured, and waits for a yes.
    mkdirSync(watched, { recursive: true });
    copyFileSync(fixture("queues-260k.gguf"), file);
    const proposal = page
      .locator("section")
      .filter({ has: page.getByRole("heading", { name: `A better plan for ${task}` }) });
    await expect(proposal).toBeVisible(patience);
    await expect(proposal).toContainText(`a model joined: ${model}`);
    const measured = proposal.getByRole("list", { name: "Measured" });
    await expect(measured.getByRole("listitem").filter({ hasText: "found" })).toContainText(model);
    await expect(measured.getByRole("listitem").filter({ hasText: "serves now" })).toContainText(`Plan ${first}`);
    await proposal.getByRole("button", { name: "See its evidence" }).click();
    await expect(answers.first()).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await isClean(page, "a task with a proposal");
    await proposal.getByRole("button", { name: /^Ship plan/ }).click();
    await expect(proposal).toHaveCount(0);
    await expect(serving).toContainText(model);

    await page.getByRole("button", { name: "Roll back" }).click();
    await expect(page.getByRole("heading", { name: new RegExp(`^Plan ${first} serves`) })).toBeVisible();
  } finally {
    rmSync(file, { force: true });
    await call("tasks/remove", { name: task });
    await call("models/remove", { name: model });
  }
});
