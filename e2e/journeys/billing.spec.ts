import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Page } from "@playwright/test";
import OpenAI from "openai";
import { deleteEvent, openProductDatabase, putEventBack } from "../src/product-database.ts";
import { expect, test } from "../src/test.ts";

/** What an alert said, as it came to a server of our own. */
async function startHook() {
  const titles: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const signed = /^v1,/.test(String(request.headers["webhook-signature"]));
      titles.push(`${signed ? "signed" : "unsigned"}: ${JSON.parse(body).data.title}`);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { url: `http://127.0.0.1:${port}/hook`, titles, stop: () => server.close() };
}

/** What an invoice over today comes to, in whole micro-dollars, from its CSV. The draft is discarded again. */
async function invoiced(page: Page): Promise<number> {
  await page.getByRole("button", { name: "New invoice" }).click();
  const dialog = page.getByRole("dialog");
  const today = new Date().toISOString().slice(0, 10);
  await dialog.getByLabel("First day").fill(today);
  await dialog.getByLabel("Last day").fill(today);
  await dialog.getByRole("button", { name: "Make the draft" }).click();
  const csv = page.getByRole("button", { name: "CSV Draft" });
  await expect(csv).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), csv.click()]);
  const total =
    readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n")
      .at(-1)
      ?.trim() ?? "";
  await page.getByRole("button", { name: "Discard Draft" }).click();
  await expect(csv).toBeHidden();
  expect(total).toMatch(/,Total,.*,"?\d+\.\d+"?$/);
  return Math.round(Number(/"?(\d+\.\d+)"?$/.exec(total)?.[1]) * 1e6);
}

const agreed = "Everything that finished is recorded, summed up and billed the same.";

test("an admin sets a price and a budget, a script burns through it, the alert fires, and the bill is right", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(300_000);
  const hook = await startHook();
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Billing" }).click();
  await page.getByRole("button", { name: /Set prices|Change$/ }).click();
  const prices = page.getByRole("dialog");
  await prices.getByLabel("Input, $ / M").first().fill("1");
  await prices.getByLabel("Output, $ / M").first().fill("10");
  await prices.getByRole("button", { name: /Save as version/ }).click();
  await expect(page.getByText(/version \d+, since/)).toBeVisible();

  await page.getByRole("button", { name: "New channel" }).click();
  const channel = page.getByRole("dialog");
  const channelName = `Hook ${Date.now()}`;
  await channel.getByLabel("Name").fill(channelName);
  await channel.getByLabel("Address").fill(hook.url);
  await channel.getByRole("button", { name: "Add the channel" }).click();
  await expect(channel.getByText(/whsec_/)).toBeVisible();
  await channel.getByRole("button", { name: "I have kept it" }).click();
  const before = await invoiced(page);

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

  // Whoever looks at the page sees it happen: it is opened before, and never loaded again.
  await page.goto("/usage?range=24h&by=key");
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(row).toBeHidden();

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
  if (!(refused instanceof OpenAI.APIError)) throw refused;
  expect(refused).toMatchObject({ status: 429, code: "budget_exceeded" });
  // The reason, and when it ends: in words for people, in seconds for programs.
  expect(refused.message).toMatch(
    /This API key may use \$0\.0005 a month, and has\. The budget begins anew at \d{4}-\d\d-01T00:00:00\.000Z/,
  );
  expect(Number(refused.headers?.get("retry-after"))).toBeGreaterThan(0);
  expect(cost).toBeGreaterThanOrEqual(500);

  await expect(row.getByTitle(`${cost.toLocaleString("en")} micro-dollars`)).toBeVisible({ timeout: 30_000 });
  await expect.poll(() => hook.titles, { timeout: 45_000 }).toContain(`signed: The budget of key ${name} is used up`);
  hook.stop();

  await page.goto("/settings/billing");
  await expect(page.getByText(agreed)).toBeVisible();
  await expect(page.getByText(`The budget of key ${name} is used up`)).toBeVisible();
  expect((await invoiced(page)) - before).toBe(cost);
  await page.getByRole("listitem").filter({ hasText: channelName }).getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText(channelName)).toBeHidden();
});

test("the reconciliation agrees, shows a row that was deleted by hand, and agrees once it is back", async ({
  console: page,
  facts,
}) => {
  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const { _request_id } = await client.completions.create({ model: "stories260K", prompt: "Once", max_tokens: 5 });
  await page.goto("/settings/billing/reconciliation");
  const answer = page.getByRole("heading", { level: 1 });
  await expect(answer).toHaveText(agreed);
  const database = await openProductDatabase(facts.home);
  try {
    const row = await deleteEvent(database, _request_id ?? "");
    await page.getByRole("button", { name: "Compare again" }).click();
    await expect(answer).toHaveText("1 difference between the records: it is listed.");
    await expect(page.getByRole("row").filter({ hasText: /(\d+) finished, \d+ recorded, \1 summed up/ })).toBeVisible();
    await putEventBack(database, row);
    await page.getByRole("button", { name: "Compare again" }).click();
    await expect(answer).toHaveText(agreed);
  } finally {
    await database.end();
  }
});
