import type { Locator, Page } from "@playwright/test";
import { hasPythonClient, type Outcome, runPython, runShell, runTypeScript } from "../src/programs.ts";
import { expect, test } from "../src/test.ts";

const runners: Readonly<Record<string, (code: string) => Promise<Outcome>>> = {
  curl: runShell,
  TypeScript: runTypeScript,
  Python: runPython,
};

/** Opens the form; the page is then that of somebody who begins to create a key. */
async function beginKey(page: Page, consoleUrl: string, name: string): Promise<Locator> {
  await page.goto(`${consoleUrl}/keys`);
  await page.getByRole("button", { name: "Create a key" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a key" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill(name);
  return dialog;
}

async function makeKey(page: Page, consoleUrl: string, name: string): Promise<Locator> {
  const form = await beginKey(page, consoleUrl, name);
  await form.getByRole("button", { name: "Create the key" }).click();
  const made = page.getByRole("dialog", { name: `Key ${name}` });
  await expect(made.getByTestId("secret")).toHaveText(/^tug_\S{20,}$/);
  return made;
}

function rowOf(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ hasText: name });
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

function newName(what: string): string {
  return `${what} ${Date.now().toString(36)}`;
}

test("an engineer makes a key, pastes the snippets, which run, and revokes it, after which they don't", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(180_000);
  const name = newName("engineer");
  const made = await makeKey(page, facts.consoleUrl, name);
  const secret = await made.getByTestId("secret").innerText();
  await made.getByLabel("A first program, with").selectOption("tug-small");
  const languages = ["curl", "TypeScript"];
  if (await hasPythonClient()) languages.push("Python");
  else console.warn("The Python snippet is not run: `import openai` fails (TUGBOAT_PYTHON may name another Python).");

  const pasted = new Map<string, string>();
  for (const language of languages) {
    await made.getByRole("tab", { name: language, exact: true }).click();
    const code = await made.getByRole("tabpanel").locator("pre").innerText();
    expect(code).toContain(secret);
    pasted.set(language, code);
    const outcome = await runners[language]?.(code);
    expect(outcome, language).toMatchObject({ code: 0 });
    const text = language === "curl" ? JSON.parse(outcome?.stdout ?? "").choices[0].message.content : outcome?.stdout;
    expect(text.trim().length, `the answer of ${language}`).toBeGreaterThan(10);
  }
  await made.getByRole("button", { name: "I have copied the key" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  await expect(rowOf(page, name)).toContainText("valid");
  await page.reload();
  await expect(rowOf(page, name)).toContainText(/just now|second|minute/);
  expect(await page.content()).not.toContain(secret);

  await choose(page, name, "Revoke");
  const dialog = page.getByRole("dialog", { name: `Revoke ${name}` });
  const revoke = dialog.getByRole("button", { name: "Revoke the key" });
  await dialog.getByLabel(`Type ${name} to revoke it`).fill("something else");
  await expect(revoke).toBeDisabled();
  await dialog.getByLabel(`Type ${name} to revoke it`).fill(name);
  await revoke.click();
  await expect(rowOf(page, name)).toContainText("revoked");

  const curl = await runShell(pasted.get("curl")?.replace("curl ", "curl -w '\\n%{http_code}' ") ?? "");
  expect(curl.stdout).toMatch(/\n401$/);
  const typescript = await runTypeScript(pasted.get("TypeScript") ?? "");
  expect(typescript.code).not.toBe(0);
  expect(typescript.stderr).toContain("401");
});

test("a key's limits and models hold, and are changed in place", async ({ console: page, facts, request }) => {
  const name = newName("limited");
  const form = await beginKey(page, facts.consoleUrl, name);
  const models = form.getByRole("group", { name: "Models" });
  await models.getByLabel("Only these").check();
  for (const model of ["tug-small", "tug-nano", "stories260K"]) {
    await models.getByLabel(model).setChecked(model === "stories260K");
  }
  await form.getByLabel("Expires").selectOption("30");
  await form.getByLabel("Requests per minute").fill("2");
  await form.getByRole("button", { name: "Create the key" }).click();
  const made = page.getByRole("dialog", { name: `Key ${name}` });
  const secret = await made.getByTestId("secret").innerText();
  await made.getByRole("button", { name: "I have copied the key" }).click();

  const ask = (model: string) =>
    request.post(`${facts.apiUrl.replace(/\/v1\/?$/, "")}/v1/completions`, {
      headers: { authorization: `Bearer ${secret}` },
      data: { model, prompt: "Once", max_tokens: 2 },
    });
  expect((await ask("tug-small")).status()).toBe(404);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask("stories260K")).status());
  expect(statuses).toContain(200);
  expect(statuses.at(-1)).toBe(429);

  await expect(rowOf(page, name)).toContainText("stories260K");
  await expect(rowOf(page, name)).toContainText("2 requests");
  await choose(page, name, "Change");
  const edit = page.getByRole("dialog", { name: `Change ${name}` });
  await edit.getByLabel("Requests per minute").fill("0");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit.getByText("A whole number from 1 on, or nothing for no limit.")).toBeVisible();
  await edit.getByLabel("Requests per minute").fill("");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit).toBeHidden();
  await expect(rowOf(page, name)).toContainText("no limit");
});

test("whoever changes a key second is told, and loses nothing of the first's", async ({ console: page, facts }) => {
  const name = newName("contested");
  const made = await makeKey(page, facts.consoleUrl, name);
  await made.getByRole("button", { name: "I have copied the key" }).click();
  const other = await page.context().newPage();
  await other.goto(`${facts.consoleUrl}/keys`);
  for (const tab of [page, other]) await choose(tab, name, "Change");
  const dialog = (tab: Page) => tab.getByRole("dialog", { name: `Change ${name}` });
  await dialog(other).getByLabel("Tokens per minute").fill("5000");
  await dialog(other).getByRole("button", { name: "Save" }).click();
  await expect(dialog(other)).toBeHidden();

  await dialog(page).getByLabel("Tokens per minute").fill("7");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(dialog(page).getByText("Nothing of yours was stored.")).toBeVisible();
  await dialog(page).getByRole("button", { name: "Show theirs" }).click();
  await expect(dialog(page).getByLabel("Tokens per minute")).toHaveValue("5000");
  await other.close();
});

test("a name is needed, and one that looks like a script is only a name", async ({ console: page, facts }) => {
  const form = await beginKey(page, facts.consoleUrl, " ");
  await form.getByRole("button", { name: "Create the key" }).click();
  await expect(form.getByText("A name is needed.")).toBeVisible();
  const name = newName("<script>alert(1)</script>'; DROP TABLE keys; --");
  await form.getByLabel("Name").fill(name);
  await form.getByRole("button", { name: "Create the key" }).click();
  const made = page.getByRole("dialog", { name: `Key ${name}` });
  await made.getByRole("button", { name: "I have copied the key" }).click();
  await expect(rowOf(page, name)).toContainText("valid");
});
