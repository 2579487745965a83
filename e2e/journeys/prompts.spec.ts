import { type Outcome, runTypeScript } from "../src/programs.ts";
import { expect, test } from "../src/test.ts";

const said = ({ stderr, stdout }: Outcome) => stdout + stderr;

test("a prompt is written, changed, put live, called by its name and rolled back", async ({ console: page, facts }) => {
  test.setTimeout(180_000);
  const name = `greeting-${Date.now().toString(36)}`;
  await page.goto(`${facts.consoleUrl}/prompts`);
  await page.getByRole("button", { name: "New prompt" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New prompt" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Message 1", { exact: true }).fill("You greet people.");
  await dialog.getByLabel("Message 2", { exact: true }).fill("Greet {{who}}.");
  await expect(dialog.getByLabel("Type of who")).toHaveValue("text");
  await dialog.getByRole("button", { name: "Save version" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Move production to version 1" }).click();
  await expect(page.getByText("Version 1, the newest, is in production.")).toBeVisible();

  await page.getByRole("button", { name: "New version" }).click();
  const second = page.getByRole("dialog", { name: `A new version of ${name}` });
  await second.getByLabel("Message 2", { exact: true }).fill("Greet {{who}} warmly.");
  await second.getByRole("button", { name: "Save version" }).click();
  await page.getByRole("button", { name: "Move production to version 2" }).click();
  await expect(page.getByText("Version 2, the newest, is in production.")).toBeVisible();
  await page.getByRole("tab", { name: "Compare" }).click();
  await expect(page.getByText("1 line added, 1 line removed")).toBeVisible();

  const call = (variables: string) =>
    runTypeScript(`import OpenAI from "openai";
const client = new OpenAI({ baseURL: ${JSON.stringify(`${facts.apiUrl}/v1`)}, apiKey: ${JSON.stringify(facts.apiKey)} });
const { response } = await client.chat.completions
  .create({ model: "prompt:${name}@production", messages: [], max_tokens: 4, ...{ variables: ${variables} } })
  .withResponse();
console.log(response.headers.get("x-tugboat-prompt"));`);
  expect(said(await call('{ who: "Ada" }'))).toContain(`${name}@2`);
  expect(said(await call("{}"))).toContain("The variable 'who' is missing");

  await page.getByRole("button", { name: "Roll production back to version 1" }).click();
  await expect(page.getByText("Version 1 is in production; 1 version newer.")).toBeVisible();
  expect(said(await call('{ who: "Ada" }'))).toContain(`${name}@1`);
});
