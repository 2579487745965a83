import type { Page } from "@playwright/test";
import { Playground } from "../src/playground.ts";
import { hasPythonClient, runPython, runShell, runTypeScript } from "../src/programs.ts";
import { makeSignInLink } from "../src/sign-in-link.ts";
import { expect, test } from "../src/test.ts";

const question = "Choose one: animal, food, plant\n\nText: a small domesticated carnivore that chases mice";

/** Two columns, greedy, so that the texts are the same each time. */
async function twoColumns(page: Page): Promise<Playground> {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0" });
  await page.getByRole("button", { name: "Add a column" }).click();
  await playground.choose(2, "tug-nano");
  await page.getByRole("button", { name: "Parameters of column 2" }).click();
  await page.getByLabel("Temperature").first().fill("0");
  return playground;
}

test("an expert compares two models and sends the address to a colleague, who sees the same", async ({
  console: page,
  browser,
  facts,
}) => {
  const playground = await twoColumns(page);
  await playground.send(question);
  await playground.finished();
  const texts = await playground.answers.allInnerTexts();
  expect(texts).toHaveLength(2);
  for (const number of [1, 2]) {
    const figures = playground.column(number).getByTestId("figures");
    for (const name of ["TTFT", "read", "tokens", "cost"]) await expect(figures).toContainText(name);
  }
  await expect(page).toHaveURL(/#p=/);
  const address = await playground.settledAddress();
  expect(address).not.toContain(facts.apiKey);

  const context = await browser.newContext();
  try {
    const other = await context.newPage();
    await other.goto(makeSignInLink(facts));
    await expect(other).toHaveURL(`${facts.consoleUrl}/`);
    await other.goto(address);
    const theirs = new Playground(other);
    await expect(theirs.answers).toHaveCount(2);
    expect(await theirs.answers.allInnerTexts()).toEqual(texts);
    await expect(theirs.column(1).getByRole("combobox")).toHaveValue("service:tug-small");
    await expect(theirs.column(2).getByRole("combobox")).toHaveValue("service:tug-nano");
  } finally {
    await context.close();
  }
});

test("what is too long for a link is kept under a short id", async ({ console: page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const playground = new Playground(page);
  await playground.open({ model: "tug-small" });
  // Text that no compression makes short.
  const long = Array.from({ length: 9000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join("");
  await playground.message.fill(long);
  await page.getByRole("button", { name: "Copy a link to this" }).click();
  await expect(page.getByText("It is kept here for the members of your organization.")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/playground\?shared=[\w-]{12}$/);
  const other = await context.newPage();
  await other.goto(link);
  await expect(new Playground(other).message).toHaveValue(long);
  await other.goto(link.replace(/.$/, (last) => (last === "A" ? "B" : "A")));
  await expect(other.getByText(/There is no shared playground/)).toBeVisible();
  await other.goto(`${link.replace(/\?.*/, "")}#p=damaged`);
  await expect(other.getByText("This link is damaged: nothing was opened from it.")).toBeVisible();
});

test("variables are asked for, filled in, and part of the address", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0" });
  await playground.message.fill("Choose one: animal, food, plant\n\nText: {{what}}");
  await page.keyboard.press("Control+Enter");
  const field = page.getByLabel("what", { exact: true });
  await expect(page.getByText("what has no value yet.")).toBeVisible();
  await expect(field).toBeFocused();
  await field.fill("a tall tree with needles");
  await page.keyboard.press("Control+Enter");
  await playground.finished();
  await expect(page.getByRole("article")).toContainText("Text: a tall tree with needles");
  await playground.settledAddress();
  await page.reload();
  await expect(page.getByLabel("what", { exact: true })).toHaveValue("a tall tree with needles");
  await page.getByLabel("what", { exact: true }).fill("bread");
  await expect(page.getByText("What was asked has changed since.")).toBeVisible();
  await page.getByRole("button", { name: "Answer again" }).click();
  await playground.finished();
  await expect(page.getByText("What was asked has changed since.")).toBeHidden();
});

test("a column is stopped by itself, and an error in one leaves the other alone", async ({ console: page }) => {
  const playground = await twoColumns(page);
  await page.route("**/api/chat", async (route) => {
    const body = route.request().postDataJSON();
    if (body.model === "tug-nano") {
      const error = { code: "rate_limit_exceeded", message: "60 requests a minute are allowed." };
      return route.fulfill({ status: 429, contentType: "application/json", body: JSON.stringify({ error }) });
    }
    return route.continue();
  });
  await playground.send(question);
  await playground.settled();
  await expect(playground.column(2).getByRole("alert")).toContainText("60 requests a minute are allowed.");
  await expect(playground.column(2).getByRole("alert")).toContainText("wait a little");
  await expect(playground.column(1).locator("[data-reason]")).toHaveText(/finished|cut at max tokens/);

  await page.unroute("**/api/chat");
  // One that never answers.
  await page.route("**/api/chat", (route) =>
    route.request().postDataJSON().model === "tug-nano" ? undefined : route.continue(),
  );
  await playground.send("And a tall tree?");
  await expect(playground.column(1).locator("[data-reason]").last()).toHaveText(/finished|cut/);
  await page.getByRole("button", { name: "Stop column 2" }).click();
  await expect(playground.column(2).locator("[data-reason]").last()).toHaveText("stopped by you");
  await expect(page.getByRole("button", { name: "Send to 2" })).toBeVisible();
});

test("words show how likely they were, by keyboard too", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0", max_tokens: "24" });
  await page.getByLabel("Show how likely each word was").first().click();
  await playground.send(question);
  await playground.finished();
  const words = page.getByRole("listbox", { name: /word by word/ });
  await words.focus();
  await expect(page.getByTestId("likelihood")).toContainText("%");
  const first = await words.getAttribute("aria-activedescendant");
  await page.keyboard.press("End");
  const option = page.locator(`[id="${await words.getAttribute("aria-activedescendant")}"]`);
  await expect(option).toHaveAttribute("aria-label", /: [\d.]+ %|below/);
  await page.keyboard.press("Home");
  expect(await words.getAttribute("aria-activedescendant")).toBe(first);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("likelihood")).toBeHidden();
});

test("an answer is held to a JSON Schema, on the service and in this browser alike", async ({ console: page }) => {
  test.setTimeout(180_000);
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0", max_tokens: "60" });
  await page.getByLabel("Answer in the form of").first().selectOption("json_schema");
  await page.getByLabel("Schema", { exact: true }).first().fill("[");
  await expect(page.getByText(/This is not a JSON Schema/).first()).toBeVisible();
  const schema = { type: "object", properties: { queue: { enum: ["billing", "bug"] } }, required: ["queue"] };
  await page.getByLabel("Schema", { exact: true }).first().fill(JSON.stringify(schema));
  await page.getByRole("button", { name: "More for this column" }).click();
  await page.getByRole("menuitem", { name: "Duplicate the column" }).click();
  await playground.choose(2, "tug-small", "browser");
  await page.getByRole("button", { name: "Parameters of column 2" }).click();
  await page.getByLabel("Computes with").first().selectOption("cpu");
  await playground.send("Which queue? The app crashes when I press save.");
  await playground.finished(120_000);
  const texts = (await playground.answers.allInnerTexts()).map((text) => text.replace(/^tug-small:\s*/, ""));
  expect(texts).toHaveLength(2);
  expect(texts[1]).toBe(texts[0]);
  expect(["billing", "bug"]).toContain(JSON.parse(texts[0] ?? "").queue);
});

test("messages are changed in place, moved and deleted; an answer is given to all columns", async ({
  console: page,
}) => {
  const playground = await twoColumns(page);
  for (const text of ["Give synonyms of boat.", "Give synonyms of harbour."]) {
    await playground.send(text);
    await playground.finished();
  }
  const column = playground.column(1);
  const more = (at: number) =>
    column.getByRole("article").nth(at).getByRole("button", { name: "More for this message" });
  await more(1).click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  await expect(column.getByRole("article").first()).toContainText("harbour");
  await more(0).click();
  await page.getByRole("menuitem", { name: "Change its words in place" }).click();
  await column.getByLabel("The message's words").fill("Give synonyms of port.");
  await column.getByRole("button", { name: "Save" }).click();
  await expect(playground.column(2).getByRole("article").first()).toContainText("Give synonyms of port.");
  await column.getByRole("button", { name: "Use for all" }).first().click();
  await expect(playground.column(2).getByText("Given to every column as the answer.")).toBeVisible();
  await more(1).click();
  await page.getByRole("menuitem", { name: "Delete with its answers" }).click();
  await expect(column.getByRole("article")).toHaveCount(1);
});

test("columns are added, duplicated and removed by keyboard alone, and all are reached by Tab", async ({
  console: page,
}) => {
  const { keyboard } = page;
  const playground = new Playground(page);
  await playground.open({ model: "stories260K", temperature: "0", max_tokens: "8" });
  await expect(playground.message).toBeFocused();
  await page.getByRole("button", { name: "Add a column" }).focus();
  await keyboard.press("Enter");
  await page.getByRole("button", { name: "More for column 1" }).focus();
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.locator("[data-column]")).toHaveCount(3);
  // ⌘Enter sends from anywhere on the page.
  await playground.message.fill("Once");
  await page.getByRole("button", { name: "Copy a link to this" }).focus();
  await keyboard.press("Control+Enter");
  await playground.finished();
  await expect(playground.answers).toHaveCount(3);
  const reached = new Set<string>();
  for (let presses = 0; presses < 60 && reached.size < 3; presses++) {
    const column = await page.evaluate(
      () => document.activeElement?.closest("[data-column]")?.getAttribute("data-column") ?? "",
    );
    if (column !== "") reached.add(column);
    await keyboard.press("Tab");
  }
  expect([...reached].sort()).toEqual(["1", "2", "3"]);
  await page.getByRole("button", { name: "More for column 3" }).focus();
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await keyboard.press("End");
  await expect(page.getByRole("menuitem").last()).toBeFocused();
  await keyboard.press("Enter");
  await expect(page.locator("[data-column]")).toHaveCount(2);
});

test("on a phone one column is on screen, and a row of names leads to the others", async ({ console: page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const playground = new Playground(page);
  await playground.open({ model: "tug-small" });
  await page.getByRole("button", { name: "Add a column" }).click();
  await expect(playground.column(1)).toBeInViewport({ ratio: 0.9 });
  await page.getByRole("navigation", { name: "Columns" }).getByRole("button", { name: /^2 / }).click();
  await expect(playground.column(2)).toBeInViewport({ ratio: 0.9 });
  await expect(playground.column(1)).not.toBeInViewport({ ratio: 0.5 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
});

test("a draft survives a lost session and a reload", async ({ console: page, facts }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small" });
  await playground.message.fill("Not to be lost");
  await playground.settledAddress();
  await page.context().clearCookies();
  await page.goto(`${facts.consoleUrl}/playground`);
  await expect(page).toHaveURL(/sign-in/);
  await page.goto(makeSignInLink(facts));
  await page.goto(`${facts.consoleUrl}/playground`);
  await expect(playground.message).toHaveValue("Not to be lost");
});

test("the three snippets give the answer that was on screen", async ({ console: page, facts }) => {
  test.setTimeout(180_000);
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0", max_tokens: "24", seed: "5" });
  await page.getByLabel("System message").first().fill('Answer in "one" word; it\'s $enough.');
  await page.getByLabel("Stop at").first().fill("never said\\n");
  await playground.send(question);
  await playground.finished();
  const shown = (await playground.answers.last().innerText()).replace(/^tug-small: */, "").trim();
  await page.getByRole("button", { name: "Copy as code" }).click();
  const dialog = page.getByRole("dialog", { name: "Copy as code" });
  const pasted = async (tab: string) => {
    await dialog.getByRole("tab", { name: tab }).click();
    return dialog.getByRole("tabpanel").locator("pre").innerText();
  };
  process.env.TUGBOAT_API_KEY = facts.apiKey;
  const curl = await runShell(await pasted("curl"));
  const said = [...curl.stdout.matchAll(/^data: (\{.*\})$/gm)].map(
    ([, chunk]) => JSON.parse(chunk ?? "{}").choices[0]?.delta?.content ?? "",
  );
  expect(said.join("").trim(), curl.stderr).toBe(shown);
  const typescript = await runTypeScript(await pasted("TypeScript"));
  expect(typescript.stdout.trim(), typescript.stderr).toBe(shown);
  if (await hasPythonClient()) {
    const python = await runPython(await pasted("Python"));
    expect(python.stdout.trim(), python.stderr).toBe(shown);
  } else console.warn("The Python snippet is not run: `import openai` fails (TUGBOAT_PYTHON may name another Python).");
});
