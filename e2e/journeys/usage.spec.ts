import OpenAI from "openai";
import { expect, test } from "../src/test.ts";

test("an admin sets a price and a budget, a script burns through it, and the pages show the spend", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(180_000);
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Billing" }).click();
  await page.getByRole("button", { name: /Set prices|Change$/ }).click();
  const prices = page.getByRole("dialog");
  await prices.getByLabel("Input, $ / M").first().fill("1");
  await prices.getByLabel("Output, $ / M").first().fill("10");
  await prices.getByRole("button", { name: /Save as version/ }).click();
  await expect(page.getByText(/version \d+, since/)).toBeVisible();

  await page.getByRole("link", { name: "Keys" }).first().click();
  await page.getByRole("button", { name: "Create a key" }).first().click();
  const form = page.getByRole("dialog");
  const name = `Burner ${Date.now()}`;
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Budget a month, in dollars").fill("0.0005");
  await form.getByRole("button", { name: "Create the key" }).click();
  const secret =
    (
      await page
        .getByText(/tug_[\w-]{43}/)
        .first()
        .textContent()
    )?.match(/tug_[\w-]{43}/)?.[0] ?? "";

  const client = new OpenAI({ apiKey: secret, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  let cost = 0;
  let refused: unknown;
  for (let i = 0; i < 50 && refused === undefined; i++) {
    try {
      const { usage } = await client.completions.create({ model: "stories260K", prompt: "Once", max_tokens: 10 });
      // From the answer's own usage: a micro-dollar a token read, ten a token written.
      cost += (usage?.prompt_tokens ?? 0) + 10 * (usage?.completion_tokens ?? 0);
    } catch (error) {
      refused = error;
    }
  }
  expect(refused).toBeInstanceOf(OpenAI.APIError);
  expect(refused).toMatchObject({ status: 429, code: "budget_exceeded" });
  expect(cost).toBeGreaterThanOrEqual(500);

  await page.goto("/usage?range=24h&by=key");
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toBeVisible({ timeout: 15_000 });
  await expect(row.getByTitle(`${cost.toLocaleString("en")} micro-dollars`)).toBeVisible();

  await page.goto("/settings/billing");
  await expect(page.getByText("Everything that finished is recorded and summed up, once.")).toBeVisible();
  await expect(page.getByText("$0.0005").first()).toBeVisible();
});
