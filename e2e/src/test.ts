import { test as base, expect, type Page } from "@playwright/test";
import { type ProductFacts, productFacts } from "./facts.ts";
import { makeSignInLink } from "./sign-in-link.ts";

export { expect };

interface Fixtures {
  readonly facts: ProductFacts;
  /** A page that is signed in and shows Home. */
  readonly console: Page;
}

/** Every test fails on an error of the page itself: a thrown exception, or something the content policy refused. */
export const test = base.extend<Fixtures & { complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        const text = message.text();
        // A refused request is also logged by the browser; the tests that cause one look at the page instead.
        if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
      });
      await use(complaints);
      expect(complaints, "errors of the page").toEqual([]);
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from the pattern.
  baseURL: async ({}, use) => use(productFacts().consoleUrl),
  // biome-ignore lint/correctness/noEmptyPattern: the same.
  facts: async ({}, use) => use(productFacts()),
  console: async ({ page, facts }, use) => {
    await page.goto(makeSignInLink(facts));
    await expect(page).toHaveURL(`${facts.consoleUrl}/`);
    await use(page);
  },
});
