import OpenAI from "openai";
import { expect, test } from "../src/test.ts";

const things = ["cat", "dog", "bird", "tree", "ball", "house", "boat"];
const examples = things.flatMap((thing) => [`Lily saw a red ${thing},red`, `Tom had a blue ${thing} at home,blue`]);
// Two people disagreed, and one was not sure of the spelling.
const file = ["message,colour", ...examples, "Lily saw a red cat,blue", "The big hat was red,Red "].join("\n");

test("an expert tunes, mends, corrects, tunes again, ships, calls and rolls back", async ({ console: page, facts }) => {
  test.setTimeout(420_000);
  const tune = async () => {
    await expect(page.getByRole("heading", { name: "What it learnt, what it forgot" })).toBeVisible({
      timeout: 180_000,
    });
  };
  const ship = async (alias: string) => {
    await page.getByLabel("Alias that programs name").fill(alias);
    await page.getByRole("button", { name: /^Ship/ }).click();
    await expect(page.getByText(`${alias} serves stories260K-colours`)).toBeVisible();
  };

  await page.goto(`${facts.consoleUrl}/tuning/new`);
  await page
    .getByLabel("File of examples")
    .setInputFiles({ name: "colours.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await expect(page.getByText("have the same text and different answers", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Keep the answer that most gave; leave out the undecided" }).click();
  await page.getByRole("button", { name: "Write them alike" }).click();
  await expect(page.getByText("Nothing is wrong with them.")).toBeVisible();
  await page.getByLabel("Model to tune").selectOption("stories260K");
  await page.getByLabel("Time it may take, in minutes").fill("0.3");
  await page.getByRole("button", { name: "Tune the model" }).click();
  await tune();
  await expect(page.getByText(/examples that were not learnt, each asked of a model trained without it/)).toBeVisible();
  await ship("colours");
  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Choose one: blue, red\nText: Lily saw a red hat" }];
  const ask = async () => {
    const call = client.chat.completions.create({ model: "colours", messages, max_tokens: 4, temperature: 0 });
    return (await call.withResponse()).response.headers.get("x-tugboat-plan");
  };
  expect(await ask()).toBe("colours@1:stories260K-colours");

  // So small a model is rarely right about all: what it got wrong is corrected, and the second run goes on from there.
  const answers = page.getByRole("combobox", { name: /^Right answer to/ });
  const wrong = await answers.count();
  expect(wrong).toBeGreaterThan(0);
  const corrected = Math.min(5, wrong);
  for (let i = 0; i < corrected; i++) {
    const name = (await answers.nth(i).getAttribute("aria-label")) ?? "";
    await answers.nth(i).selectOption(name.includes("red") ? "red" : "blue");
  }
  await page.getByRole("button", { name: `Tune again with ${corrected} correction` }).click();
  await expect(page.getByText("colours-again")).toBeVisible();
  await tune();
  await expect(page.getByText("before", { exact: true })).toBeVisible();
  await ship("colours");
  expect(await ask()).toBe("colours@2:stories260K-colours-again");

  await page.goto(`${facts.consoleUrl}/deployments`);
  await page.getByRole("button", { name: "History of colours" }).click();
  const history = page.getByRole("list", { name: "History of colours" });
  await history.getByRole("button", { name: "Roll back to version 1" }).click();
  await expect(page.getByText("colours is back at version 1.")).toBeVisible();
  expect(await ask()).toBe("colours@3:stories260K-colours");
});
