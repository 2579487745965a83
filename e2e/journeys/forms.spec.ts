import type { Page } from "@playwright/test";
import { makeSignInLink } from "../src/sign-in-link.ts";
import { expect, test } from "../src/test.ts";

const scripted = '"><img src=x onerror="window.ran=1"><script>window.ran=1</script>\'; DROP TABLE model;--';
const huge = "long ".repeat(2000);

interface Form {
  readonly what: string;
  readonly path: string;
  readonly open: (page: Page) => Promise<void>;
  readonly send: string;
  /** What is refused, field by field: each entry is one try. */
  readonly refused: readonly Readonly<Record<string, string>>[];
}

const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();

const forms: readonly Form[] = [
  {
    what: "a new project",
    path: "/settings",
    open: press("New project"),
    send: "Create",
    refused: [{ Name: "" }, { Name: huge }],
  },
  {
    what: "a new organization",
    path: "/",
    open: async (page) => {
      await page.getByRole("button", { name: /^Organization:/ }).click();
      await page.getByRole("menuitem", { name: "New organization" }).click();
    },
    send: "Create",
    refused: [{ Name: "  " }, { Name: huge }],
  },
  {
    what: "an upstream",
    path: "/settings/upstreams",
    open: press("Add an upstream"),
    send: "Add and test",
    refused: [
      { Name: scripted, "Base URL": "http://127.0.0.1:9/v1" },
      { Name: "plain", "Base URL": scripted },
      { Name: "plain", "Base URL": "javascript:alert(1)" },
      { Name: "plain", "Base URL": `http://x.example/${huge}` },
    ],
  },
  {
    what: "an alias",
    path: "/deployments",
    open: press("New alias"),
    send: "Create",
    refused: [{ Name: "" }, { Name: scripted }, { Name: huge }, { Name: "tug-small" }],
  },
  {
    what: "how a model is served",
    path: "/deployments",
    open: press(/^Settings of /),
    send: "Save",
    refused: [{ "Context length": "1" }, { "Context length": "99999999999" }],
  },
  {
    what: "a budget",
    path: "/settings/billing",
    open: press("New budget"),
    send: "Create",
    refused: [{ "Dollars a month": scripted }, { "Dollars a month": "-1" }, { "Dollars a month": "1e99" }],
  },
  {
    what: "a model of this machine",
    path: "/models",
    open: async (page) => {
      await press("Add a model")(page);
      await page.getByRole("tab", { name: "On this machine" }).click();
    },
    send: "Add the model",
    refused: [
      { "File or folder on the service's machine": scripted },
      { "File or folder on the service's machine": `/${huge}` },
      { "File or folder on the service's machine": "/etc/passwd" },
    ],
  },
];

test("every form says what is wrong, keeps what was typed, stores nothing and runs nothing", async ({
  console: page,
  facts,
}) => {
  test.slow();
  const changes = () => page.request.get(`${facts.consoleUrl}/api/trpc/audit.list?input=%7B%22limit%22%3A1%7D`);
  const before = await (await changes()).text();
  for (const { open, path, refused, send, what } of forms) {
    await page.goto(facts.consoleUrl + path);
    await open(page);
    const dialog = page.getByRole("dialog");
    for (const fields of refused) {
      for (const [label, value] of Object.entries(fields)) {
        await dialog.getByLabel(label, { exact: true }).fill(value);
      }
      await dialog.getByRole("button", { name: send, exact: true }).click();
      const told = dialog.locator('[aria-invalid="true"]').or(dialog.getByRole("alert")).first();
      await expect(told, `${what}: ${JSON.stringify(fields).slice(0, 80)}`).toBeVisible();
      for (const [label, value] of Object.entries(fields)) {
        await expect(dialog.getByLabel(label, { exact: true })).toHaveValue(value);
      }
    }
  }
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  expect(await (await changes()).text(), "nothing was changed").toBe(before);
});

test("a name that is a program is only a name, wherever it is shown", async ({ console: page, facts }) => {
  const name = `<img src=x onerror="window.ran=1"> ${Date.now().toString(36)}`;
  await page.goto(`${facts.consoleUrl}/settings`);
  await press("New project")(page);
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: name })).toBeVisible();
  await page.goto(`${facts.consoleUrl}/settings/audit?action=projects.create`);
  await expect(page.getByRole("list", { name: "Changes" }).getByText(name).first()).toBeVisible();
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
});

test("what was typed into a dialog outlives the session", async ({ console: page, facts }) => {
  for (const { fields, open, path, send } of [
    { path: "/settings", open: press("New project"), send: "Create", fields: { Name: "Typed before the end" } },
    {
      path: "/settings/upstreams",
      open: press("Add an upstream"),
      send: "Add and test",
      fields: { Name: "typed", "Base URL": "http://127.0.0.1:9/v1" },
    },
    { path: "/deployments", open: press("New alias"), send: "Create", fields: { Name: "typed-before", Note: "why" } },
  ]) {
    await page.goto(facts.consoleUrl + path);
    await open(page);
    const form = page.getByRole("dialog").filter({ has: page.getByRole("button", { name: send, exact: true }) });
    for (const [label, value] of Object.entries(fields)) await form.getByLabel(label, { exact: true }).fill(value);
    await page.context().clearCookies({ name: "tugboat_session" });
    await form.getByRole("button", { name: send, exact: true }).click();
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.getByLabel("Password").fill(facts.password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await expect(again).toBeHidden();
    for (const [label, value] of Object.entries(fields)) {
      await expect(form.getByLabel(label, { exact: true })).toHaveValue(value);
    }
  }
});

test("whoever renames a project second is told, and their words stay", async ({ console: page, facts, browser }) => {
  const name = `Shared ${Date.now().toString(36)}`;
  await page.goto(`${facts.consoleUrl}/settings`);
  await press("New project")(page);
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  const context = await browser.newContext();
  try {
    const other = await context.newPage();
    await other.goto(makeSignInLink(facts));
    await expect(other).toHaveURL(`${facts.consoleUrl}/`);
    await other.goto(`${facts.consoleUrl}/settings`);
    const rename = `Rename ${name}`;
    await page.getByRole("button", { name: rename }).click();
    await page.getByRole("dialog").getByLabel("Name").fill(`${name} mine`);
    await other.getByRole("button", { name: rename }).click();
    await other.getByRole("dialog").getByLabel("Name").fill(`${name} theirs`);
    await other.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await expect(other.getByText(`The project is now called ${name} theirs.`)).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await expect(page.getByRole("dialog")).toContainText("in the meantime");
    await expect(page.getByRole("dialog").getByLabel("Name")).toHaveValue(`${name} mine`);
  } finally {
    await context.close();
  }
});
