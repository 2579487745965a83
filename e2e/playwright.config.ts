import { defineConfig } from "@playwright/test";
import { chromiumArgs, findChromium } from "./src/chromium.ts";

export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  // Two cores, one product: side by side the tests would only wait for each other.
  workers: 1,
  // Generous: two cores run product, browser and tests.
  timeout: 120_000,
  expect: { timeout: 10_000 },
  forbidOnly: Boolean(process.env.CI),
  // A busy machine may press a key before a menu is open: once more on a fresh product, and the report says so.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: { executablePath: findChromium(), args: chromiumArgs },
    trace: "retain-on-failure",
  },
  projects: [
    { name: "console", testDir: "journeys", use: { viewport: { width: 1440, height: 900 } } },
    { name: "browser-engine", testDir: "browser-engine", timeout: 240_000 },
  ],
});
