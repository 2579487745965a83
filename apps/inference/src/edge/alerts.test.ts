import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spendAnomaly } from "../domain/alerts/anomaly.ts";
import { burnRate, type Objective, objectiveAlerts, objectiveState } from "../domain/alerts/objectives.ts";
import { AlertWatch } from "../domain/alerts/watch.ts";
import { readBill } from "../domain/billing/bill-csv.ts";
import { repriced } from "../domain/billing/reprice.ts";
import { foldEvents } from "../domain/usage/rollup.ts";
import { consoleUrl, type ManagementFixture, type Person, startManagement } from "../testing/management.ts";
import { usageEvent } from "../testing/usage.ts";

let fixture: ManagementFixture;
let admin: Person;
let watch: AlertWatch;
const received: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let busy = 1;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    if (request.url === "/hook" && busy-- > 0) return response.writeHead(500).end();
    received.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(204).end();
  });
});
let address = "";

beforeAll(async () => {
  fixture = await startManagement();
  admin = await fixture.enter("Admin", fixture.scope, "admin");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  address = `http://127.0.0.1:${typeof at === "object" ? at?.port : 0}`;
  const { database, vault } = fixture;
  watch = new AlertWatch({ database, vault, mailer: undefined, consoleUrl, log: pino({ level: "silent" }) });
}, 60_000);
afterAll(async () => {
  await watch.close();
  server.close();
  await fixture.close();
});

describe("a budget", () => {
  it("that is used up is told once, signed, again after a failure, and to Slack in its form", async () => {
    const hook = await fixture.call(admin, "alerts.addChannel", {
      name: "Pager",
      kind: "webhook",
      address: `${address}/hook`,
    });
    await fixture.call(admin, "alerts.addChannel", { name: "Chat", kind: "slack", address: `${address}/slack` });
    expect(hook.body.secret).toMatch(/^whsec_/);
    const { key } = await fixture.scope.keys.create({ projectId: fixture.database.home.projectId, name: "Spender" });
    await fixture.call(admin, "billing.setBudget", {
      ...{ scope: "key", subjectId: key.id, amountMicroUsd: 10, tokens: null, updatedAt: null },
    });
    await fixture.database.metering.ingest(
      [usageEvent(fixture.scope.id, { apiKeyId: key.id, amountPicoUsd: 6_000_000n })],
      foldEvents,
    );
    await watch.checkBudgets();
    await watch.checkBudgets();
    const titles = async () =>
      (await fixture.call(admin, "alerts.list", undefined, "GET")).body.alerts.map(
        ({ title }: { title: string }) => title,
      );
    expect(await titles()).toEqual(["50 % of the budget of key Spender are used"]);
    await fixture.database.metering.ingest(
      [usageEvent(fixture.scope.id, { apiKeyId: key.id, amountPicoUsd: 6_000_000n })],
      foldEvents,
    );
    await watch.checkBudgets();
    expect(await titles()).toEqual([
      "The budget of key Spender is used up",
      "50 % of the budget of key Spender are used",
    ]);
    await expect
      .poll(
        async () => {
          await watch.send();
          return received.length;
        },
        { timeout: 30_000 },
      )
      .toBe(4);
    const signed = received.find(({ body, path }) => path === "/hook" && body.includes("used up"));
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = signed?.headers ?? {};
    const secret = Buffer.from(hook.body.secret.slice("whsec_".length), "base64");
    const expected = createHmac("sha256", secret).update(`${id}.${at}.${signed?.body}`).digest("base64");
    expect(signature).toBe(`v1,${expected}`);
    expect(JSON.parse(signed?.body ?? "")).toMatchObject({
      type: "alert.budget",
      data: { name: "Spender", threshold: 100, spentMicroUsd: 12 },
    });
    const slack = received.find(({ body, path }) => path === "/slack" && body.includes("used up"));
    expect(JSON.parse(slack?.body ?? "").text).toContain("*The budget of key Spender is used up*");
    const states = (await fixture.scope.alerts.list(10)).flatMap(({ deliveries }) =>
      deliveries.map(({ state }) => state),
    );
    expect(new Set(states)).toEqual(new Set(["sent"]));
  });
});

const hourMs = 3_600_000;
const thisHour = Math.floor(Date.UTC(2026, 10, 23, 12) / hourMs) * hourMs;
const hours = (amounts: readonly bigint[], more: object = {}) =>
  foldEvents(
    amounts.map((amountPicoUsd, ago) =>
      usageEvent("0190f6a2-7c1e-7b3d-9f00-123456789012", {
        at: new Date(thisHour - ago * hourMs),
        amountPicoUsd,
        ...more,
      }),
    ),
  );
const cent = 10_000_000_000n;

describe("unusual spend", () => {
  const usual = Array.from({ length: 30 }, (_, at) => cent + BigInt(at % 5) * (cent / 10n));
  const said = (first: bigint) =>
    spendAnomaly(hours([first, ...usual]), new Date(thisHour), () => "Key of Ada", consoleUrl);

  it("names the key and the model", () => {
    expect(said(20n * cent)?.title).toBe("Unusual spend: $0.20 in an hour, Key of Ada with words");
  });
  it("is not seen in an hour as others, nor without a past", () => {
    expect(said(cent)).toBeUndefined();
    expect(spendAnomaly(hours([100n * cent]), new Date(thisHour), () => "", "")).toBeUndefined();
  });
});

describe("an objective", () => {
  const one: Objective = { id: "o", name: "Fast", model: "words", measure: "ttft", withinMs: 300, percent: 95 };
  const now = new Date(thisHour + hourMs / 2);
  const requests = (count: number, ttftUs: number) =>
    Array.from({ length: count }, () =>
      usageEvent("0190f6a2-7c1e-7b3d-9f00-123456789012", { at: new Date(thisHour), ttftUs }),
    );

  it("knows what was good and how fast the rest burns", () => {
    const mixed = foldEvents([...requests(80, 100_000), ...requests(20, 900_000)]);
    expect(objectiveState(mixed, one)).toMatchObject({ requests: 100, good: 80, achieved: 80 });
    expect(objectiveState(mixed, one).budgetLeft).toBeCloseTo(-3);
    expect(burnRate(mixed, one, now, 1)).toBeCloseTo(4);
    expect(objectiveAlerts([one], mixed, now, "")).toEqual([]);
    const bad = foldEvents([...requests(10, 100_000), ...requests(90, 900_000)]);
    expect(objectiveAlerts([one], bad, now, "").map(({ facts }) => facts)).toMatchObject([
      { windowHours: 1 },
      { windowHours: 6 },
    ]);
  });
  it("says nothing of what was not asked, or hardly", () => {
    expect(objectiveState([], one)).toMatchObject({ achieved: null, budgetLeft: null });
    expect(burnRate(foldEvents(requests(5, 900_000)), one, now, 1)).toBeNull();
    expect(objectiveState(foldEvents(requests(5, 1)), { ...one, model: "other" }).requests).toBe(0);
  });
});

describe("a bill of an upstream", () => {
  it("is read as others write it, and summed up by day and model", () => {
    const lines = readBill(
      "\ufeffDate,Model,Prompt Tokens,Completion Tokens,Cost\n2026-11-01,m,10,5,0.1\n2026-11-01T12:00:00Z,m,1,1,$0.0000005\n",
    );
    expect(lines).toEqual([
      {
        day: new Date("2026-11-01"),
        model: "m",
        requests: null,
        inputTokens: 11,
        outputTokens: 6,
        amountMicroUsd: 100_001n,
      },
    ]);
  });
  it.each([
    ["a,b\n1,2", "no column for day, model, input, output, cost"],
    ["date,model,input_tokens,output_tokens,cost\n1.1.2026,m,1,1,1", "Line 2: day is no date"],
    ["date,model,input_tokens,output_tokens,cost\n2026-01-01,m,-1,1,1", "Line 2: input is no whole number"],
  ])("that makes no sense is refused with its line", (text, why) => expect(() => readBill(text)).toThrow(why));

  it("stands beside what was recorded, and differs where it does", async () => {
    const { scope } = fixture;
    const at = new Date(Date.now() - 86_400_000);
    const target = "their/echo";
    await fixture.database.metering.ingest([usageEvent(scope.id, { at, model: target, target })], foldEvents);
    const day = new Date(`${at.toISOString().slice(0, 10)}T00:00:00Z`);
    const line = { day, model: "echo", requests: null, inputTokens: 10, outputTokens: 5, amountMicroUsd: 1n };
    await scope.upstreamBills.import("their", [line, { ...line, model: "unknown" }]);
    const { lines } = (await fixture.call(admin, "billing.bills", undefined, "GET")).body;
    expect(lines).toMatchObject([
      { model: "echo", billedTokens: 15, recordedTokens: 15, agrees: true },
      { model: "unknown", recordedTokens: null, agrees: false },
    ]);
  });
});

it("other prices are applied to what was used", () => {
  const sums = hours([5n], { inputTokens: 1_000_000, cachedTokens: 0, outputTokens: 0 });
  const entry = { target: "*", input: 7, cachedInput: 0, output: 0, perHour: 0, marginBasisPoints: 0 };
  expect(repriced(sums, [entry])).toMatchObject({
    actual: 5n,
    would: 7_000_000n,
    models: [{ model: "words", priced: true }],
  });
  expect(repriced(sums, [])).toMatchObject({ would: 0n, models: [{ priced: false }] });
});
