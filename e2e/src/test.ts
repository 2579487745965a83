import { test as base, expect, type Page } from "@playwright/test";
import { type ProductFacts, readFacts } from "./facts.ts";
import { type FakeHub, startFakeHub } from "./fake-hub.ts";
import { startProduct } from "./product.ts";
import { makeSignInLink } from "./sign-in-link.ts";
import { afterTheTour } from "./tour.ts";

export { expect };

interface WorkerFixtures {
  /** The product under test: started for the journeys, or, with TUGBOAT_E2E_HOME, one that runs already. */
  readonly facts: ProductFacts;
  /** Where the product that is started for the journeys downloads models from. */
  readonly hub: FakeHub;
}

interface Fixtures {
  /** A page that is signed in and shows Home. */
  readonly console: Page;
  /** What went wrong on the page by itself. Must be empty at the end of every test. */
  readonly complaints: string[];
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from the pattern.
    async ({}, use) => {
      const hub = await startFakeHub();
      await use(hub);
      hub.close();
    },
    { scope: "worker" },
  ],
  facts: [
    async ({ hub }, use) => {
      const running = process.env.TUGBOAT_E2E_HOME;
      if (running) return use(await afterTheTour(readFacts(running)));
      const product = await startProduct({ HF_ENDPOINT: hub.endpoint });
      await use(await afterTheTour({ ...readFacts(product.home), printedLink: product.signInLink }));
      await product.stop();
    },
    { scope: "worker", timeout: 660_000 },
  ],
  baseURL: async ({ facts }, use) => use(facts.consoleUrl),
  page: async ({ page }, use) => {
    // A page is on screen before its scripts listen; what is done to it then is done to nobody.
    const alive = () => page.locator("html[data-alive]").waitFor({ state: "attached" });
    const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
    page.goto = async (...address) => goto(...address).then((response) => alive().then(() => response));
    page.reload = async (...options) => reload(...options).then((response) => alive().then(() => response));
    await use(page);
  },
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
  console: async ({ page, facts }, use) => {
    await page.goto(makeSignInLink(facts));
    await expect(page).toHaveURL(`${facts.consoleUrl}/`);
    await use(page);
  },
});
