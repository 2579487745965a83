import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** What axe finds wrong on the page as it is now: the rule, and the element. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Colours fade in; half-way through they have another contrast.
  await page.evaluate(() => {
    // Those that go round and round have no end to wait for; one that began before less motion was asked for neither.
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    const ended = Promise.allSettled(ending.map((animation) => animation.finished));
    return Promise.race([ended, new Promise((done) => setTimeout(done, 2000))]);
  });
  const axe = new AxeBuilder({ page });
  const { violations: found } = await (rules ? axe.withRules([...rules]) : axe).analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} — ${node.html.slice(0, 160)}`));
}

/** Expects nothing wrong, in light and in dark: of the two, the contrast alone differs. */
export async function isClean(page: Page, what?: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  expect(await violations(page), `${what ?? page.url()} in light`).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  expect(await violations(page, ["color-contrast"]), `${what ?? page.url()} in dark`).toEqual([]);
}

export async function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}
