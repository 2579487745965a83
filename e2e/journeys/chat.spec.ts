import { Playground } from "../src/playground.ts";
import { expect, test } from "../src/test.ts";

test("tug-small streams an answer, with its figures", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "1.5", seed: "1", max_tokens: "160" });
  const lengths = recordLengths(page);
  await slowDown(page);
  await playground.send("Describe this in a paragraph: a text editor for the terminal");
  const text = await playground.finished();
  expect(text.length).toBeGreaterThan(20);
  // Shown piece by piece: more than one length was on screen before the last.
  expect(new Set(await lengths()).size).toBeGreaterThan(2);
  expect(Number(await playground.figure("tokens"))).toBeGreaterThan(1);
  expect(Number((await playground.figure("tok/s")).replaceAll(",", ""))).toBeGreaterThan(0);
  expect(await playground.figure("TTFT")).toMatch(/^[\d.,]+$/);
  await expect(playground.figures.last().locator("[data-reason]")).toHaveText(/finished|cut at max tokens/);
});

test("the address holds the conversation, and a reload brings it back", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0", seed: "7" });
  await playground.send('What does "lighthouse" mean?');
  const text = await playground.finished();
  await expect(page).toHaveURL(/\/playground#p=[\w-]+$/);
  await playground.settledAddress();
  await page.reload();
  await expect(playground.answers.last()).toContainText(text.slice(0, 20));
  await expect(page.getByLabel("Temperature").first()).toHaveValue("0");
});

test("the same seed gives the same text, another seed is drawn on request", async ({ console: page }) => {
  const playground = new Playground(page);
  const query = { model: "tug-small", temperature: "1", seed: "42", max_tokens: "40" };
  const texts: string[] = [];
  for (let run = 0; run < 2; run++) {
    await playground.open(query);
    await playground.send('Use "harbour" in a sentence.');
    texts.push(await playground.finished());
    expect(await playground.figure("seed")).toBe("42");
  }
  expect(texts[1]).toBe(texts[0]);
  await page.getByRole("button", { name: "Another seed" }).click();
  await playground.finished();
  expect(await playground.figure("seed")).not.toBe("42");
});

test("Esc stops the answer and the generation behind it", async ({ console: page, facts, request }) => {
  const playground = new Playground(page);
  await playground.open({ model: "stories260K", temperature: "1.6", max_tokens: "450" });
  await slowDown(page);
  await playground.send("Once upon a time");
  await expect(playground.answers.last()).not.toBeEmpty();
  await page.keyboard.press("Escape");
  await expect(playground.figures.last().locator("[data-reason]")).toHaveText("stopped by you");
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();
  const root = facts.apiUrl.replace(/\/v1\/?$/, "");
  await expect
    .poll(async () =>
      /^tugboat_requests_in_flight\{[^}]*\} [1-9]/m.test(await (await request.get(`${root}/metrics`)).text()),
    )
    .toBe(false);
});

test("a message can be edited, and the conversation goes on from there", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", temperature: "0" });
  await playground.send("Give synonyms of boat.");
  await playground.finished();
  await page.getByRole("button", { name: "Edit this message and go on from it" }).click();
  await expect(playground.message).toHaveValue("Give synonyms of boat.");
  await expect(playground.message).toBeFocused();
  await playground.send("Give synonyms of ship.");
  await playground.finished();
  await expect(page.getByRole("article")).toHaveCount(1);
});

test("a model that does not exist is named, beside the field and in the answer", async ({ console: page }) => {
  const playground = new Playground(page);
  await playground.open({ model: "no-such-model" });
  await expect(page.getByText("There is no model called no-such-model.")).toBeVisible();
  await playground.send("Hello");
  await expect(page.getByRole("log").getByRole("alert")).toContainText("no-such-model");
});

test("the request can be copied as code", async ({ console: page, facts }) => {
  const playground = new Playground(page);
  await playground.open({ model: "tug-small", seed: "3", draft: "Hello" });
  await page.getByRole("button", { name: "Copy as code" }).click();
  const dialog = page.getByRole("dialog", { name: "Copy as code" });
  for (const [tab, text] of [
    ["curl", "/v1/chat/completions"],
    ["Python", "from openai import OpenAI"],
    ["TypeScript", 'import OpenAI from "openai"'],
  ] as const) {
    await dialog.getByRole("tab", { name: tab }).click();
    await expect(dialog.getByRole("tabpanel")).toContainText(text);
    await expect(dialog.getByRole("tabpanel")).toContainText("TUGBOAT_API_KEY");
    await expect(dialog.getByRole("tabpanel")).not.toContainText(facts.apiKey);
  }
});

/** Lets the page note every length that the answer had on screen. */
function recordLengths(page: import("@playwright/test").Page): () => Promise<number[]> {
  const installed = page.evaluate(() => {
    const lengths: number[] = [];
    new MutationObserver(() => {
      const answers = document.querySelectorAll("[data-testid=answer]");
      lengths.push(answers[answers.length - 1]?.textContent?.length ?? 0);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { answerLengths: lengths });
  });
  return async () => {
    await installed;
    return page.evaluate(() => Reflect.get(window, "answerLengths"));
  };
}

/** A slow line, so that an answer of a very fast model lasts long enough to be watched and stopped. */
async function slowDown(page: import("@playwright/test").Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: 8_000,
    uploadThroughput: -1,
  });
}
