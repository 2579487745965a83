import { expect, type Locator, type Page } from "@playwright/test";

/** More than any page of the console has. */
const mostStops = 120;

/** Goes to a control by Tab alone, or back by Shift+Tab, as somebody does who has no pointer. */
export async function tabTo(control: Locator, how: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await expect(control).toBeVisible();
  for (let stops = 0; stops < mostStops; stops++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await control.page().keyboard.press(how);
  }
  await expect(control, `within ${mostStops} times ${how}`).toBeFocused();
}

/** Opens a page by the palette. */
export async function openByPalette(page: Page, name: string): Promise<void> {
  await page.keyboard.press("Control+k");
  const search = page.getByRole("combobox", { name: "Search and commands" });
  await expect(search).toBeFocused();
  await page.keyboard.type(name);
  await expect(page.getByRole("dialog").getByRole("option", { selected: true })).toContainText(name);
  await page.keyboard.press("Enter");
}
