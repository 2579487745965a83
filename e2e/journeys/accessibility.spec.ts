import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
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
  "/usage",
  "/activity",
  "/tuning",
  "/tuning/new",
  "/design",
];
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

async function violations(page: Page): Promise<string[]> {
  // Colours fade in; half-way through they have another contrast.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} — ${node.html.slice(0, 160)}`));
}

async function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}

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

    test("the sign-in page has no violation", async ({ page, facts }) => {
      await page.goto(`${facts.consoleUrl}/sign-in?problem=link`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

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
