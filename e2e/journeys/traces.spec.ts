import OpenAI from "openai";
import { expect, test } from "../src/test.ts";

test("a request leaves a trace that is found by its words, rated from outside, and deleted", async ({
  console: page,
  facts,
}) => {
  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const word = `pelican${Date.now()}`;
  await client.chat.completions.create(
    { model: "tug-small", messages: [{ role: "user", content: `${word} of ada@lovelace.example` }], max_tokens: 12 },
    { headers: { "x-request-id": word } },
  );
  await client.post("/feedback", { body: { request_id: word, thumb: "down", comment: "no pelican in it" } });

  await page.getByRole("link", { name: "Traces" }).first().click();
  await page.getByRole("searchbox", { name: "Words of what was asked and answered" }).fill(word);
  const row = page.getByRole("row").filter({ hasText: `${word} of [email]` });
  await expect(row).toBeVisible({ timeout: 20_000 });
  await expect(row.getByLabel("Disliked")).toBeVisible();
  await row.getByRole("link").click();

  await expect(page.getByRole("list", { name: "Steps" }).getByText("Write the answer")).toBeVisible();
  await page.getByRole("button", { name: /^chat tug-small/ }).click();
  await expect(page.getByText("gen_ai.usage.output_tokens")).toBeVisible();
  await expect(page.getByText("no pelican in it")).toBeVisible();
  await page.getByRole("button", { name: "Good" }).click();
  await expect(page.getByText("Good", { exact: true })).toHaveCount(2);
  const replay = await page.getByRole("link", { name: "Open in playground" }).getAttribute("href");
  expect(replay).toContain(`user=${word}`);

  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/traces$/);
  await page.goto(`/traces?text=${word}`);
  await expect(page.getByText("Nothing matches these filters")).toBeVisible();
});
