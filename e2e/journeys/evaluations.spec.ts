import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { z } from "zod";
import { adjusted, frontierOf, holm, mcnemar, wilson } from "../src/figures.ts";
import { expect, test } from "../src/test.ts";

/** A busy machine may take its time over a change. */
const patienceMs = 40_000;
const queues = ["billing", "bug", "how-to", "other"];
const messages = Array.from({ length: 14 }, (_, i) => [`Message ${i}: please look at case ${i * 37}.`, queues[i % 4]]);
const csv = `message,queue\n${messages.map((row) => row.join(",")).join("\n")}\n`;

/** Version 1 is held to a schema, so it always answers with a queue; version 2 may say anything. */
const held = {
  type: "object",
  properties: { queue: { type: "string", enum: queues } },
  required: ["queue"],
  additionalProperties: false,
};

const interval = { score: z.number(), low: z.number(), high: z.number() };
const detail = z.object({
  id: z.string(),
  sentence: z.string(),
  summary: z.object({
    n: z.int(),
    candidates: z.array(
      z.object({
        name: z.string(),
        latencyP95Ms: z.number(),
        costPer1k: z.number(),
        onFrontier: z.boolean(),
        scores: z.array(z.object(interval)),
      }),
    ),
    comparisons: z.array(
      z.object({
        evaluator: z.int(),
        a: z.string(),
        b: z.string(),
        difference: z.number(),
        low: z.number(),
        high: z.number(),
        p: z.number(),
      }),
    ),
  }),
});
const rows = z.object({ rows: z.array(z.object({ scores: z.array(z.array(z.number().nullable())) })) });
const told = z.object({ evaluation: z.string(), failures: z.array(z.string()) });

test("an expert compares two prompts on two models with figures that are right, reviews pairs blind, and a guard holds production", async ({
  console: page,
  facts,
}) => {
  test.setTimeout(240_000);
  const mark = Date.now().toString(36);
  const dataset = `cases-${mark}`;
  const prompt = `sort-${mark}`;
  const rubric = `plain-${mark}`;
  const valid = `valid-${mark}`;
  const api = async (path: string, init?: RequestInit): Promise<unknown> => {
    const headers = { authorization: `Bearer ${facts.apiKey}`, "content-type": "application/json" };
    const response = await fetch(`${facts.apiUrl}/api/${path}`, { headers, ...init });
    const said: unknown = await response.json();
    expect(response.ok, `${path}: ${JSON.stringify(said)}`).toBe(true);
    return said;
  };

  await test.step("imports examples", async () => {
    await page.goto(`${facts.consoleUrl}/datasets`);
    await page.getByRole("button", { name: "Import examples" }).first().click();
    await page
      .getByLabel("File to import")
      .setInputFiles({ name: "cases.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.getByLabel("Dataset", { exact: true }).fill(dataset);
    await expect(page.getByLabel("Column queue")).toHaveValue("expected");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await expect(page.getByRole("heading", { name: dataset, level: 1 })).toBeVisible({ timeout: 60_000 });
  });

  await test.step("writes a rubric and a check, and tries the check", async () => {
    await page.goto(`${facts.consoleUrl}/evaluators/new`);
    await page.getByLabel("Name", { exact: true }).fill(rubric);
    await page.getByLabel("Rubric").fill("5: names one queue and nothing else. 1: anything else.");
    await page.getByLabel("Judging model").selectOption("tug-nano");
    await page.getByRole("button", { name: "Keep this evaluator" }).click();
    await expect(page.getByRole("heading", { name: rubric, level: 1 })).toBeVisible();

    await page.goto(`${facts.consoleUrl}/evaluators/new`);
    await page.getByLabel("Name", { exact: true }).fill(valid);
    await page.getByLabel("Judged by").selectOption("schema");
    await page.getByLabel("JSON Schema").fill(JSON.stringify(held));
    await page.getByLabel("Answer to judge").fill('{"queue":"bug"}');
    await page.getByRole("button", { name: "Judge this answer" }).click();
    await expect(page.getByRole("status").filter({ hasText: "100 %" })).toBeVisible();
    await page.getByLabel("Answer to judge").fill("bug, surely");
    await page.getByRole("button", { name: "Judge this answer" }).click();
    await expect(page.getByRole("status").filter({ hasText: "The answer holds no JSON" })).toBeVisible();
    await page.getByRole("button", { name: "Keep this evaluator" }).click();
    await expect(page.getByRole("heading", { name: valid, level: 1 })).toBeVisible();
  });

  const content = (words: string, output: object | null) => ({
    model: "tug-small",
    messages: [{ role: "user", content: `${words} {{message}}` }],
    variables: [{ name: "message" }],
    parameters: { max_tokens: 32 },
    output,
  });
  for (const [seen, output] of [held, null].entries()) {
    const body = JSON.stringify({ name: prompt, content: content(`Sort, way ${seen + 1}:`, output), seen });
    await api("prompts/save", { method: "POST", body });
  }

  await test.step("compares two prompts on two models", async () => {
    await page.goto(`${facts.consoleUrl}/evaluations/new?dataset=${dataset}&prompts=${prompt}@1,${prompt}@2`);
    await page.getByLabel("Evaluator that decides").selectOption(valid);
    await page.getByLabel("Another evaluator").selectOption(rubric);
    const models = page.getByRole("group", { name: "Models to compare" });
    await models.getByLabel("tug-small").check();
    await models.getByLabel("tug-nano").check();
    await expect(page.getByText("4 of at most 8")).toBeVisible();
    await page.getByRole("button", { name: "Compare on 14 examples" }).click();
    await expect(page).toHaveURL(/\/evaluations\/[0-9a-f-]{36}$/);
    await expect(page.getByRole("heading", { name: "Quality against cost" })).toBeVisible({ timeout: 120_000 });
  });
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const found = detail.parse(await api(`evaluations/get?id=${id}`));

  await test.step("the page's sentence, intervals and frontier are those computed apart", async () => {
    const { rows: all } = rows.parse(await api(`evaluations/examples?id=${id}&limit=200&order=position`));
    expect(all).toHaveLength(messages.length);
    const right = found.summary.candidates.map((_, c) => all.map((row) => row.scores[c]?.[0] === 1));
    const own = right.map((hits) => wilson(hits.filter(Boolean).length, hits.length));
    for (const [c, { name, scores }] of found.summary.candidates.entries()) {
      const { high = 0, low = 0, score = 0 } = own[c] ?? {};
      expect(scores[0]?.score, name).toBeCloseTo(score, 9);
      expect(scores[0]?.low, name).toBeCloseTo(low, 6);
      expect(scores[0]?.high, name).toBeCloseTo(high, 6);
      const shown = (share: number) => `${Math.round(100 * share)} %`;
      const line = page.getByRole("listitem").filter({ hasText: name }).first();
      await expect(line).toContainText(shown(score));
      await expect(line).toContainText(`${shown(low)} – ${shown(high)}`);
    }
    const pairs = found.summary.comparisons.filter(({ evaluator }) => evaluator === 0);
    const at = (name: string) => right[found.summary.candidates.findIndex((one) => one.name === name)] ?? [];
    const counts = pairs.map(({ a, b }) => {
      const wins = at(a).filter((hit, i) => hit && !at(b)[i]).length;
      const losses = at(b).filter((hit, i) => hit && !at(a)[i]).length;
      return { wins, losses };
    });
    const ps = holm(counts.map(({ losses, wins }) => mcnemar(wins, losses)));
    for (const [i, { difference, high, low, p }] of pairs.entries()) {
      const { losses = 0, wins = 0 } = counts[i] ?? {};
      const sure = adjusted(wins, losses, messages.length);
      expect(difference).toBeCloseTo((wins - losses) / messages.length, 9);
      expect([low, high]).toEqual([expect.closeTo(sure.low, 6), expect.closeTo(sure.high, 6)]);
      expect(p).toBeCloseTo(ps[i] ?? 1, 9);
    }
    const priced = found.summary.candidates.some(({ costPer1k }) => costPer1k > 0);
    const points = found.summary.candidates.map((one, c) => ({
      name: one.name,
      price: priced ? one.costPer1k : one.latencyP95Ms,
      quality: own[c]?.score ?? 0,
    }));
    const frontier = frontierOf(points);
    expect(
      found.summary.candidates
        .filter(({ onFrontier }) => onFrontier)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(frontier.map(({ name }) => name).sort());
    const chart = page.getByRole("img", { name: /^Score against/ });
    await expect(chart).toHaveAttribute(
      "aria-label",
      new RegExp(`On the frontier: ${frontier.map(({ name }) => name).join(", ")}\\.$`),
    );

    // The held prompt answers with a queue on either model; whoever leads by more than chance is said to be better.
    const [best, second] = points.toSorted((a, b) => b.quality - a.quality);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(found.sentence);
    const between = pairs.findIndex(({ a, b }) => [a, b].sort().join() === [best?.name, second?.name].sort().join());
    const gap = Math.round(1000 * Math.abs((best?.quality ?? 0) - (second?.quality ?? 0))) / 10;
    if (gap > 0) expect(found.sentence).toContain(`${gap} point`);
    expect(found.sentence.includes("is better than")).toBe((ps[between] ?? 1) < 0.05 && gap > 0);
    expect(own[found.summary.candidates.findIndex(({ name }) => name === `${prompt}@1 on tug-small`)]?.score).toBe(1);
  });

  await test.step("reviews 20 blind pairs by keyboard", () => reviewPairs(page));

  await test.step("a guard refuses the worse version", async () => {
    await page.goto(`${facts.consoleUrl}/prompts/${prompt}`);
    await page.getByLabel("Version", { exact: true }).selectOption("1");
    await page.getByRole("button", { name: "Move production to version 1" }).click();
    await expect(page.getByText("Version 1 is in production; 1 version newer.")).toBeVisible();
    await page.getByLabel("Guarded name").selectOption(`prompt:${prompt}@production`);
    await page.getByLabel("Dataset that decides").selectOption(dataset);
    await page.getByLabel("Evaluator that decides").selectOption(valid);
    await page.getByRole("button", { name: "Set the guard" }).click();
    await expect(page.getByRole("button", { name: `Remove the guard of ${prompt}@production` })).toBeVisible();
    await page.getByLabel("Version", { exact: true }).selectOption("2");
    await page.getByRole("button", { name: "Move production to version 2" }).click();
    // By what was compared above: the very same words on the very same model.
    const refused = page.getByRole("alert").filter({ hasText: `prompt:${prompt}@2 against prompt:${prompt}@1: -` });
    await expect(refused).toBeVisible();
    await expect(page.getByText("Version 1 is in production; 1 version newer.")).toBeVisible();
  });

  await test.step("tug eval fails the same one", async () => {
    const { code, stdout } = await tug(facts.home, [
      ...["eval", dataset, "--evaluator", valid, "--candidate", `prompt:${prompt}@production`],
      ...["--candidate", `prompt:${prompt}@2`, "--fail-if", `${valid} < production - 0.01`, "--json"],
    ]);
    const { failures } = told.parse(JSON.parse(stdout));
    expect(failures).toEqual([expect.stringMatching(`^prompt:${prompt}@2: ${valid} 0\\.\\d+ is < 0\\.9900 `)]);
    expect(code).toBe(1);
  });
});

async function reviewPairs(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Review blind pairs" }).click();
  await expect(page).toHaveURL(/\/reviews\/[0-9a-f-]{36}$/);
  const progress = page.getByRole("progressbar", { name: "Judged by you" });
  const panel = (name: string) =>
    page.locator("section").filter({ has: page.getByRole("heading", { name, exact: true }) });
  for (let done = 0; done < 20; done++) {
    await expect(progress).toHaveAttribute("aria-valuenow", String(done), { timeout: patienceMs });
    // While the last judgement is on its way, keys say nothing.
    await expect(page.getByRole("button", { name: "Left" })).toBeEnabled({ timeout: patienceMs });
    const left = (await panel("Left").locator("p").innerText()).includes('"queue"');
    const right = (await panel("Right").locator("p").innerText()).includes('"queue"');
    // The person prefers what names a queue, and where both do or neither does, says so.
    await page.keyboard.press(left === right ? (left ? "ArrowUp" : "ArrowDown") : left ? "ArrowLeft" : "ArrowRight");
  }
  await expect(progress).toHaveAttribute("aria-valuenow", "20", { timeout: patienceMs });
  await page.keyboard.press("Backspace");
  await expect(progress).toHaveAttribute("aria-valuenow", "19", { timeout: patienceMs });
  await expect(page.getByRole("button", { name: "Left" })).toBeEnabled({ timeout: patienceMs });
  await page.keyboard.press("ArrowUp");
  await expect(progress).toHaveAttribute("aria-valuenow", "20", { timeout: patienceMs });
  const people = panel("What people say");
  await expect(people).toContainText("20 reviews by one person");
  await people.getByRole("button", { name: "Make preference pairs" }).click();
  await expect(people.getByRole("status")).toContainText("reviewed-preferences@");
}

function tug(home: string, args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const program = fileURLToPath(new URL("../../apps/inference/bin/tug.js", import.meta.url));
  return new Promise((resolve) => {
    const env = { ...process.env, TUGBOAT_HOME: home };
    execFile(process.execPath, [program, ...args], { env, timeout: 120_000, encoding: "utf8" }, (error, stdout) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout });
    });
  });
}
