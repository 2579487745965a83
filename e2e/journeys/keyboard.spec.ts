import type { Page } from "@playwright/test";
import { openByPalette, tabTo } from "../src/keyboard.ts";
import { Playground } from "../src/playground.ts";
import { expect, test } from "../src/test.ts";

test("a chat by keyboard alone: find the playground, choose, write, send, stop, read", async ({ console: page }) => {
  const { keyboard } = page;
  await keyboard.press("Control+k");
  const search = page.getByRole("combobox", { name: "Search and commands" });
  await expect(search).toBeFocused();
  await keyboard.type("tug-nano");
  // The models of the palette come when the service has told them.
  await expect(page.getByRole("option", { selected: true })).toContainText("tug-nano");
  await keyboard.press("Enter");
  await expect(page).toHaveURL(/\/playground/);
  const playground = new Playground(page);
  await expect(playground.message).toBeFocused();
  await expect(playground.column(1).getByRole("combobox")).toHaveValue("service:tug-nano");
  await keyboard.type("Choose one: animal, food, plant");
  await keyboard.press("Enter");
  await keyboard.type("Text: a tall tree with needles");
  await keyboard.press("Control+Enter");
  expect(await playground.finished()).not.toBe("");
  await expect(page.getByRole("article").first()).toContainText("Text: a tall tree with needles");

  // Everything after the message is reached by Tab, and shows where the focus is.
  await keyboard.press("Shift+Tab");
  const focused = await page.evaluate(() => {
    const style = document.activeElement && getComputedStyle(document.activeElement);
    return style && Number.parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none";
  });
  expect(focused).toBe(true);
});

test("the palette opens and closes by keyboard and gives the focus back", async ({ console: page }) => {
  await page.getByRole("link", { name: "Models", exact: true }).focus();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search and commands" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("combobox", { name: "Search and commands" })).toBeHidden();
  await expect(page.getByRole("link", { name: "Models", exact: true })).toBeFocused();
});

test("the first Tab offers to skip the navigation", async ({ console: page }) => {
  await page.reload();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the page" });
  await expect(skip).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});

test("two models are compared, and the link to that copied, by keyboard alone", async ({ console: page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { keyboard } = page;
  await openByPalette(page, "Playground");
  const playground = new Playground(page);
  await expect(playground.message).toBeFocused();
  await tabTo(page.getByRole("button", { name: "Add a column" }), "Shift+Tab");
  await keyboard.press("Enter");
  for (const [column, model] of [
    [1, "tug-small"],
    [2, "stories260K"],
  ] as const) {
    const select = playground.column(column).getByRole("combobox");
    await tabTo(select);
    await keyboard.press("Home");
    for (let down = 0; down < 20 && (await select.inputValue()) !== `service:${model}`; down++) {
      await keyboard.press("ArrowDown");
    }
    await expect(select).toHaveValue(`service:${model}`);
  }
  await tabTo(playground.message);
  await keyboard.type("Choose one: animal, food, plant");
  await keyboard.press("Control+Enter");
  await playground.finished();
  await expect(playground.answers).toHaveCount(2);
  await tabTo(page.getByRole("button", { name: "Copy a link to this" }), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(page.getByText("Copied the link to this playground.")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/playground#p=/);
  // The address says the same by itself: what is saved is what is on screen.
  await expect(page).toHaveURL(link);
});

test("a key is made, its snippet copied, and revoked by keyboard alone; the focus comes back each time", async ({
  console: page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { keyboard } = page;
  await openByPalette(page, "Keys");
  await expect(page).toHaveURL(/\/keys$/);
  const create = page.getByRole("button", { name: "Create a key" });
  await tabTo(create);
  await keyboard.press("Enter");
  const name = `keyboard ${Date.now().toString(36)}`;
  await expect(page.getByLabel("Name")).toBeFocused();
  await keyboard.type(name);
  await keyboard.press("Enter");
  const made = page.getByRole("dialog", { name: `Key ${name}` });
  await expect(made).toBeVisible();
  // It holds what can't be had again: Esc leaves it open.
  await keyboard.press("Escape");
  await expect(made).toBeVisible();
  await tabTo(made.getByRole("tab", { selected: true }));
  await keyboard.press("ArrowRight");
  await expect(made.getByRole("tab", { selected: true })).toBeFocused();
  const secret = await made.getByTestId("secret").innerText();
  const language = await made.getByRole("tab", { selected: true }).innerText();
  await tabTo(made.getByRole("button", { name: `Copy ${language} snippet` }));
  await keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(secret);
  await tabTo(made.getByRole("button", { name: "I have copied the key" }));
  await keyboard.press("Enter");
  await expect(create).toBeFocused();

  const actions = page.getByRole("button", { name: `Actions for ${name}` });
  await tabTo(actions);
  await revokeByMenu(page);
  await expect(page.getByLabel(`Type ${name} to revoke it`)).toBeFocused();
  await keyboard.press("Escape");
  await expect(actions).toBeFocused();
  await revokeByMenu(page);
  await expect(page.getByLabel(`Type ${name} to revoke it`)).toBeFocused();
  await keyboard.type(name);
  await keyboard.press("Enter");
  await expect(page.getByRole("row").filter({ hasText: name })).toContainText("revoked");
});

/** From the focused actions of a key: opens them, goes down to the one that revokes, takes it. */
async function revokeByMenu(page: Page): Promise<void> {
  await page.keyboard.press("Enter");
  const items = page.getByRole("menuitem");
  await expect(items.first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press("Enter");
}
