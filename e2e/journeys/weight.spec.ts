import { expect, test } from "../src/test.ts";

const limitBytes = 200_000;

test("Home's first load is light", async ({ console: page, facts }) => {
  // A browser of its own, so that nothing is in its cache.
  const context = await page
    .context()
    .browser()
    ?.newContext({ storageState: await page.context().storageState() });
  if (context === undefined) throw new Error("there is no browser");
  const fresh = await context.newPage();
  await fresh.goto(facts.consoleUrl);
  await expect(fresh.getByRole("heading", { level: 1 })).toBeVisible();
  await fresh.waitForLoadState("networkidle");
  const scripts = await fresh.evaluate(() =>
    performance.getEntriesByType("resource").flatMap((entry) => {
      if (!(entry instanceof PerformanceResourceTiming) || !/\.js(\?|$)/.test(entry.name)) return [];
      return [{ name: new URL(entry.name).pathname, bytes: entry.encodedBodySize }];
    }),
  );
  const bytes = scripts.reduce((sum, script) => sum + script.bytes, 0);
  const largest = scripts.toSorted((a, b) => b.bytes - a.bytes).slice(0, 8);
  expect(scripts.length).toBeGreaterThan(3);
  expect(bytes, `of compressed JavaScript: ${JSON.stringify(largest)}`).toBeLessThan(limitBytes);
  await context.close();
});
