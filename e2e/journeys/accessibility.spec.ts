import type { Page } from "@playwright/test";
import { fitsWidth, isClean, violations } from "../src/looks.ts";
import { Playground } from "../src/playground.ts";
import { expect, test } from "../src/test.ts";

const paths = [
  "/",
  "/models",
  "/models/tug-small",
  "/playground",
  "/deployments",
  "/keys",
  "/members",
  "/settings",
  "/settings/upstreams",
  "/settings/audit",
  "/settings/billing",
  "/settings/billing/reconciliation",
  "/usage",
  "/activity",
  "/tasks",
  "/flows",
  "/flows/new",
  "/documents",
  "/tasks/new",
  "/datasets",
  "/prompts",
  "/traces",
  "/evaluations",
  "/evaluations/new",
  "/evaluators",
  "/evaluators/new",
  "/reviews",
  "/tuning",
  "/tuning/new",
  "/design",
];
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, reducedMotion: "reduce" } as { colorScheme: typeof colorScheme });

    for (const path of paths) {
      test(`${path} has no accessibility violation and fits a phone`, async ({ console: page, facts }) => {
        for (const size of sizes) {
          await page.setViewportSize(size);
          await page.goto(facts.consoleUrl + path);
          await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await page.waitForLoadState("networkidle").catch(() => undefined);
          expect(await violations(page)).toEqual([]);
          expect(await fitsWidth(page)).toBe(true);
        }
      });
    }

    test("an answered chat and open dialogs have no violation", async ({ console: page, facts }) => {
      await page.goto(`${facts.consoleUrl}/playground`);
      const playground = new Playground(page);
      await playground.send("Explain the word lighthouse.");
      await playground.finished();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Copy as code" }).click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("combobox", { name: "Search and commands" })).toBeFocused();
      expect(await violations(page)).toEqual([]);
    });

    test("columns, likelihoods, variables and the sheet of parameters have no violation", async ({
      console: page,
      facts,
    }) => {
      await page.goto(`${facts.consoleUrl}/playground?model=tug-small&temperature=1.5&max_tokens=40`);
      const playground = new Playground(page);
      await page.getByLabel("Show how likely each word was").first().click();
      await page.getByRole("button", { name: "More for this column" }).click();
      await page.getByRole("menuitem", { name: "Duplicate the column" }).click();
      await page.getByRole("button", { name: "Add a column" }).click();
      await playground.send("Describe {{what}} in a sentence.");
      await expect(page.getByText("what has no value yet.")).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.getByLabel("what", { exact: true }).fill("a harbour");
      await page.keyboard.press("Control+Enter");
      await playground.finished();
      await page
        .getByRole("listbox", { name: /word by word/ })
        .first()
        .focus();
      await expect(page.getByTestId("likelihood")).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await violations(page)).toEqual([]);
      expect(await fitsWidth(page)).toBe(true);
      await page.getByRole("button", { name: "Parameters of column 1" }).click();
      await expect(page.getByRole("dialog", { name: "Prompt and parameters" })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

    test("the dialogs of a key have no violation", async ({ console: page, facts }) => {
      await page.goto(`${facts.consoleUrl}/keys`);
      await page.getByRole("button", { name: "Create a key" }).click();
      const form = page.getByRole("dialog", { name: "Create a key" });
      await form.getByRole("group", { name: "Models" }).getByLabel("Only these").check();
      await form.getByRole("button", { name: "Create the key" }).click();
      await expect(form.getByText("A name is needed.")).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await form.getByLabel("Name").fill(`looked at in ${colorScheme}`);
      await form.getByRole("button", { name: "Create the key" }).click();
      await expect(page.getByTestId("secret")).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

test("the doors have no violation: signing in, by another provider too, a forgotten and a new password", async ({
  page,
  facts,
}) => {
  await page.goto(`${facts.consoleUrl}/sign-in?problem=link`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  if (process.env.TUGBOAT_E2E_HOME) console.warn("Of a product that runs already it is not known whether it has OIDC.");
  else await expect(page.getByRole("button", { name: "Continue with Harbour ID" })).toBeVisible();
  for (const path of [
    "/sign-in?problem=link",
    "/sign-in?error=not_invited",
    "/forgot-password",
    "/reset-password?token=none",
    "/reset-password",
    "/invitation?token=none",
  ]) {
    await page.goto(facts.consoleUrl + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await isClean(page, path);
  }
});

/** How each menu and dialog is opened that no other journey looks at. */
const opened: readonly (readonly [what: string, path: string, open: (page: Page) => Promise<void>])[] = [
  ["the account's menu", "/", (page) => page.getByRole("button", { name: /^Account of/ }).click()],
  [
    "the actions of a key",
    "/keys",
    (page) =>
      page
        .getByRole("button", { name: /^Actions for/ })
        .first()
        .click(),
  ],
  ["the menu of a column", "/playground", (page) => page.getByRole("button", { name: "More for this column" }).click()],
  ["the exports of the log", "/settings/audit", (page) => page.getByRole("button", { name: "Export" }).click()],
  ["a model to be added", "/models", (page) => page.getByRole("button", { name: "Add a model" }).click()],
  ["a model to be removed", "/models/tug-nano", (page) => page.getByRole("button", { name: "Remove" }).click()],
  ["a member to be invited", "/members", (page) => page.getByRole("button", { name: "Invite" }).click()],
  ["a new project", "/settings", (page) => page.getByRole("button", { name: "New project" }).click()],
  ["two-step sign-in", "/settings", (page) => page.getByRole("button", { name: "Switch on" }).click()],
  [
    "a new upstream",
    "/settings/upstreams",
    (page) =>
      page
        .getByRole("button", { name: /^Add an upstream/ })
        .first()
        .click(),
  ],
  ["a new alias", "/deployments", (page) => page.getByRole("button", { name: "New alias" }).first().click()],
  [
    "how a model is served",
    "/deployments",
    (page) =>
      page
        .getByRole("button", { name: /^Settings of / })
        .first()
        .click(),
  ],
  ["prices", "/settings/billing", (page) => page.getByRole("button", { name: /price/i }).first().click()],
  ["a budget", "/settings/billing", (page) => page.getByRole("button", { name: "New budget" }).first().click()],
];

test("open menus and dialogs have no violation", async ({ console: page, facts }) => {
  test.slow();
  for (const [what, path, open] of opened) {
    await page.goto(facts.consoleUrl + path);
    await open(page);
    await expect(page.getByRole("menu").or(page.getByRole("dialog")), what).toBeVisible();
    await isClean(page, what);
    await page.keyboard.press("Escape");
  }
});
