import OpenAI from "openai";
import { expect, test } from "../src/test.ts";

test("an alias is made, called, moved with a share, and rolled back", async ({ console: page, facts }) => {
  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const ask = async (user: string) => {
    const messages = [{ role: "user" as const, content: "Hello" }];
    const call = client.chat.completions.create({ model: "journey", messages, max_tokens: 3, user });
    const { data, response } = await call.withResponse();
    expect(data.model).toBe("journey");
    return response.headers.get("x-tugboat-plan");
  };
  await page.goto(`${facts.consoleUrl}/deployments`);
  await page.getByRole("button", { name: "New alias" }).click();
  await page.getByLabel("Name").fill("journey");
  await page.getByLabel("Points to").selectOption("tug-nano");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByText("journey serves.")).toBeVisible();
  expect(await ask("anna")).toBe("journey@1:tug-nano");

  await page.getByRole("button", { name: "Move journey", exact: true }).click();
  await page.getByLabel("Try another").selectOption("stories260K");
  await page.getByRole("spinbutton", { name: /Share of stories260K/ }).fill("50");
  await expect(page.getByRole("region", { name: "What changes" })).toContainText("stories260K0 %50 %");
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await expect(page.getByText("journey moved.")).toBeVisible();
  const plans = new Set<string | null>();
  for (let user = 0; user < 12; user++) plans.add(await ask(`user-${user}`));
  expect([...plans].sort()).toEqual(["journey@2:stories260K", "journey@2:tug-nano"]);

  await page.getByRole("button", { name: "History of journey" }).click();
  const history = page.getByRole("list", { name: "History of journey" });
  await expect(history).toContainText("version 2");
  await history.getByRole("button", { name: "Roll back to version 1" }).click();
  await expect(page.getByText("journey is back at version 1.")).toBeVisible();
  await expect(history).toContainText("as version 1");
  expect(await ask("anna")).toBe("journey@3:tug-nano");

  await page.getByRole("button", { name: "Remove journey" }).click();
  await page.getByLabel("Type “journey” to confirm").fill("journey");
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByText("journey is removed.")).toBeVisible();
  await expect(ask("anna")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("an upstream is added, tested, called and removed", async ({ console: page, facts }) => {
  await page.goto(`${facts.consoleUrl}/settings/upstreams`);
  await page.getByRole("button", { name: "Add an upstream" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("mirror");
  await dialog.getByLabel("Base URL").fill("file:///etc/passwd");
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog.getByText("Only http and https are spoken, not file.")).toBeVisible();
  // Its own API is another server as good as any.
  await dialog.getByLabel("Base URL").fill(`${facts.apiUrl}/v1`);
  await dialog.getByLabel("Secret", { exact: true }).fill(facts.apiKey);
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(page.getByText("mirror works.")).toBeVisible({ timeout: 30_000 });

  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: "mirror/tug-nano",
    messages: [{ role: "user", content: "Hello" }],
    max_tokens: 4,
    stream: true,
    stream_options: { include_usage: true },
  });
  let tokens = 0;
  for await (const chunk of stream) tokens = chunk.usage?.completion_tokens ?? tokens;
  expect(tokens).toBeGreaterThan(0);

  await page.getByRole("button", { name: "Remove mirror" }).click();
  await page.getByLabel("Type “mirror” to confirm").fill("mirror");
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByText("mirror is removed, and its secret with it.")).toBeVisible();
});
