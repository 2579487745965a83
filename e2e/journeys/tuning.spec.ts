import OpenAI from "openai";
import { expect, test } from "../src/test.ts";

const things = "cat dog bird tree ball house boat hat cake star fish cup bell sock drum kite lamp ring".split(" ");
/** No text says why, so even a good model gets about half of them wrong: there is something to correct. */
const answers = "kggkgkkggkkkggkgkgggkkgkgkkggkggkkgk";
const texts = things.flatMap((thing) => [`Lily saw a ${thing}`, `Tom had one more ${thing} at home`]);
const rows = texts.map((text, i) => `${text},${answers[i] === "k" ? "keep" : "give"}`);
// Two people disagreed, and one was not sure of the spelling.
const file = ["message,decision", ...rows, "Lily saw a cat,give", "The big old chair was in the way,Give "].join("\n");

/** A run of this size ends long before; on a machine that is busy the clock must not decide. */
const minutes = "3";
const runMs = 900_000;

test("an expert tunes, mends, corrects, tunes again, ships, calls and rolls back", async ({ console: page, facts }) => {
  test.setTimeout(2_100_000);
  const name = `decisions-${Date.now().toString(36)}`;
  const done = () =>
    expect(page.getByRole("heading", { name: "What it learnt, what it forgot" })).toBeVisible({ timeout: runMs });
  const ship = async (model: string) => {
    await page.getByLabel("Alias that programs name").fill(name);
    await page.getByRole("button", { name: /^Ship/ }).click();
    await expect(page.getByText(`${name} serves ${model} now`)).toBeVisible({ timeout: 60_000 });
  };
  const client = new OpenAI({ apiKey: facts.apiKey, baseURL: `${facts.apiUrl}/v1`, maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Choose one: keep, give\nText: Lily saw a big hat" }];
  const served = async () => {
    const call = client.chat.completions.create({ model: name, messages, max_tokens: 4, temperature: 0 });
    return call.withResponse().then(
      ({ response }) => response.headers.get("x-tugboat-plan"),
      (error: unknown) => String(error),
    );
  };

  await page.goto(`${facts.consoleUrl}/tuning/new`);
  await page
    .getByLabel("File of examples", { exact: true })
    .setInputFiles({ name: `${name}.csv`, mimeType: "text/csv", buffer: Buffer.from(file) });
  const conflict = page.getByText("have the same text and different answers", { exact: false });
  await expect(conflict).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Keep the answer that most gave; leave out the undecided" }).click();
  await page.getByRole("button", { name: "Write them alike" }).click();
  await expect(page.getByText("Nothing is wrong with them.")).toBeVisible({ timeout: 30_000 });
  await page.getByLabel("Model to tune").selectOption("stories260K");
  await page.getByLabel("Time it may take, in minutes").fill(minutes);
  await page.getByRole("button", { name: "Tune the model" }).click();
  await expect(page.getByText(`${name}: stories260K on 36 examples`)).toBeVisible({ timeout: 30_000 });
  await done();
  await expect(page.getByText(/examples that were not learnt, each asked of a model trained without it/)).toBeVisible();
  await ship(`stories260K-${name}`);
  await expect.poll(served, { timeout: 60_000 }).toBe(`${name}@1:stories260K-${name}`);

  await expect(page.getByRole("heading", { name: "What it got wrong" })).toBeVisible();
  const right = page.getByRole("combobox", { name: /^Right answer to/ });
  for (let i = 0; i < 5; i++) await right.nth(i).selectOption(i % 2 === 0 ? "keep" : "give");
  await page.getByRole("button", { name: "Tune again with 5 corrections" }).click();
  await expect(page.getByText(`${name}-again: stories260K on 36 examples`)).toBeVisible({ timeout: 30_000 });
  await done();
  // What the first run's model answers is what the second has to beat.
  await expect(page.getByText("before", { exact: true })).toBeVisible();
  await ship(`stories260K-${name}-again`);
  await expect.poll(served, { timeout: 60_000 }).toBe(`${name}@2:stories260K-${name}-again`);

  await page.goto(`${facts.consoleUrl}/deployments`);
  await page.getByRole("button", { name: `History of ${name}` }).click();
  const history = page.getByRole("list", { name: `History of ${name}` });
  await history.getByRole("button", { name: "Roll back to version 1" }).click();
  await expect(history).toContainText("as version 1", { timeout: 30_000 });
  await expect.poll(served, { timeout: 60_000 }).toBe(`${name}@3:stories260K-${name}`);
});
