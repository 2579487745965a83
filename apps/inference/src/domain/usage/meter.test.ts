import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Database, type MeteringStore, type OrganizationScope, openDatabase } from "@tugboat/db";
import { Client } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { temporaryHome } from "../../testing/service.ts";
import { usageEvent } from "../../testing/usage.ts";
import { encodeLine } from "./event-line.ts";
import { Journal } from "./journal.ts";
import { UsageMeter } from "./meter.ts";
import { newRequestId } from "./request-id.ts";
import { foldEvents, foldHours, hourOf } from "./rollup.ts";

const log = pino({ level: "silent" });
let home: string;
let database: Database;
let client: Client;
let scope: OrganizationScope;
let count = 0;
let folder: string;

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home });
  client = new Client({ connectionString: database.url });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client.end();
  await database.close();
  await rm(home, { recursive: true, force: true });
});
// Each test has an organization and a journal of its own.
beforeEach(async () => {
  folder = join(home, `journal-${count++}`);
  const { rows } = await client.query(
    "INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'T', $1) RETURNING id",
    [`t-${count}`],
  );
  scope = database.organization(rows[0].id);
});

const everything = { from: new Date("2020-01-01"), to: new Date("2040-01-01") };
const facts = (given: object = {}) => ({
  id: newRequestId(),
  organizationId: scope.id,
  projectId: null,
  apiKeyId: null,
  userId: null,
  taskId: null,
  requestId: "r",
  kind: "chat",
  model: "words",
  ...given,
});
const outcome = { status: "done", inputTokens: 10, cachedTokens: 4, outputTokens: 5, durationMs: 8 } as const;
const prices = (input: number, effectiveFrom: Date | undefined, seenVersion: number) => ({
  prices: [{ target: "*", input, cachedInput: 0, output: 0, perHour: 0, marginBasisPoints: 0 }],
  note: "",
  effectiveFrom,
  createdBy: "system",
  seenVersion,
});
const version = { document: {}, yaml: "", examples: null, createdBy: "system" };
/** A store that fails as often as it is told to. */
const failing = (times: number): MeteringStore & { ingestions: number } => {
  const store = {
    ...database.metering,
    ingestions: 0,
    ingest: (...args: Parameters<MeteringStore["ingest"]>) =>
      ++store.ingestions <= times ? Promise.reject(new Error("connection lost")) : database.metering.ingest(...args),
  };
  return store;
};

it("prices by the version in force when the request came, and keeps which one it was", async () => {
  const first = await scope.priceBooks.add(prices(1_000_000, undefined, 0));
  const later = new Date(Date.now() + 3_600_000);
  await scope.priceBooks.add(prices(9_000_000, later, 1));
  const meter = await UsageMeter.open(folder, database.metering, log);
  const { event, durable } = meter.settle(facts({ id: newRequestId(Date.now() + 10) }), outcome);
  await durable;
  // Six uncached tokens at one micro-dollar each.
  expect(event).toMatchObject({ amountPicoUsd: 6_000_000n, priceBookId: first.id });
  const early = meter.settle(facts({ id: newRequestId(first.effectiveFrom.getTime() - 1) }), outcome);
  expect(early.event).toMatchObject({ amountPicoUsd: 0n, priceBookId: null });
  expect(meter.settle(facts({ id: newRequestId(later.getTime()) }), outcome).event.amountPicoUsd).toBe(54_000_000n);
  await meter.close();
  expect(await scope.usage.reconcile(everything)).toMatchObject({
    requests: 3,
    events: 3,
    rollups: 3,
    differences: [],
  });
});

it("refuses prices that reach back, and the second of two that saw the same version", async () => {
  await expect(scope.priceBooks.add(prices(1, new Date(Date.now() - 60_000), 0))).rejects.toMatchObject({
    code: "conflict",
  });
  const both = await Promise.allSettled([1, 2].map((input) => scope.priceBooks.add(prices(input, undefined, 0))));
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const [book] = await scope.priceBooks.list();
  await expect(client.query("UPDATE price_book SET note = 'x' WHERE id = $1", [book?.id])).rejects.toThrow(
    "append-only",
  );
  await expect(client.query("DELETE FROM price_book WHERE id = $1", [book?.id])).rejects.toThrow("append-only");
});

it("loses nothing while the database is away, and doubles nothing when an answer was lost", async () => {
  const store = failing(3);
  const meter = await UsageMeter.open(folder, store, log);
  const settled = Array.from({ length: 50 }, () => meter.settle(facts(), outcome));
  await Promise.all(settled.map(({ durable }) => durable));
  expect(await meter.flush(10_000)).toBe(true);
  await meter.close();
  expect(store.ingestions).toBeGreaterThan(3);
  // The batch was written, but its writer was never told: it comes again.
  const events = settled.map(({ event }) => event);
  expect(await database.metering.ingest(events, foldEvents)).toMatchObject({ fresh: 0, conflicts: [] });
  expect(await scope.usage.reconcile(everything)).toMatchObject({
    requests: 50,
    events: 50,
    rollups: 50,
    differences: [],
  });
});

it("takes over what an earlier process left, also what was shipped but not noted", async () => {
  const left = await Journal.open(folder);
  const events = Array.from({ length: 20 }, () => usageEvent(scope.id));
  for (const event of events) await left.append(encodeLine(event));
  await left.close();
  await database.metering.ingest(events.slice(0, 7), foldEvents);
  const meter = await UsageMeter.open(folder, database.metering, log);
  await meter.close();
  expect(await scope.usage.reconcile(everything)).toMatchObject({
    requests: 20,
    events: 20,
    rollups: 20,
    differences: [],
  });
});

it("days that are over are read from sums of their own, until a late event opens them again", async () => {
  const at = new Date("2026-03-05T10:30:00Z");
  const span = { from: new Date("2026-03-05"), to: new Date("2026-03-07") };
  const days = async () => foldHours((await scope.usage.sums(span)).map((one) => ({ ...one, hour: span.from })));
  await database.metering.ingest(
    Array.from({ length: 30 }, (_, i) => usageEvent(scope.id, { at: new Date(at.getTime() + i * 1_800_000) })),
    foldEvents,
  );
  const before = await days();
  expect(before.map(({ requests }) => requests)).toEqual([30]);
  // One that is not over, and everything that is.
  expect(await database.metering.foldDays(foldHours, new Date("2026-03-05T23:00:00Z"))).toBe(0);
  expect(await database.metering.foldDays(foldHours, new Date("2026-03-07"))).toBe(2);
  expect((await scope.usage.sums(span)).map(({ hour }) => hour.toISOString().slice(0, 10)).sort()).toEqual([
    "2026-03-05",
    "2026-03-06",
  ]);
  expect(await days()).toEqual(before);
  expect(await scope.usage.reconcile(span)).toMatchObject({ days: 2, differences: [], dayDifferences: [] });
  await database.metering.ingest([usageEvent(scope.id, { at })], foldEvents);
  expect((await days()).map(({ requests }) => requests)).toEqual([31]);
  expect(await scope.usage.reconcile(span)).toMatchObject({ days: 1, differences: [], dayDifferences: [] });
  await database.metering.foldDays(foldHours, new Date("2026-03-07"));
  expect((await days()).map(({ requests }) => requests)).toEqual([31]);
  await client.query("DELETE FROM usage_day WHERE organization_id = $1 AND day = $2", [scope.id, span.from]);
  expect((await scope.usage.reconcile(span)).dayDifferences).toMatchObject([{ day: span.from, days: 0 }]);
});

it("alarms when an id comes with another content, and keeps the first", async () => {
  const event = usageEvent(scope.id);
  await database.metering.ingest([event], foldEvents);
  const other = { ...event, outputTokens: 99, amountPicoUsd: 1n };
  expect(await database.metering.ingest([other], foldEvents)).toMatchObject({ fresh: 0, conflicts: [event.id] });
  expect(await database.metering.ingest([event, other], foldEvents)).toMatchObject({
    fresh: 0,
    conflicts: [event.id],
  });
  const [hour] = await scope.usage.hours(everything);
  expect(hour).toMatchObject({ requests: 1, outputTokens: 5, amountPicoUsd: 1_500_000n });
});

it("keeps each event in its own hour and month: leap days, ends of months, clocks that jump back or ahead", async () => {
  const moments = [
    ...["2028-02-29T00:00:00.000Z", "2028-02-29T23:59:59.999Z", "2028-03-01T00:00:00.000Z", "2031-12-31T23:59:59.999Z"],
    ...["2032-01-01T00:00:00.000Z", "2021-06-30T23:59:59.999Z", "2028-02-29T12:00:00.000Z"],
  ].map((text) => new Date(text));
  const events = moments.map((at) => usageEvent(scope.id, { at }));
  // In the order in which they come; one clock has jumped ahead, another is seven years late.
  for (const event of events) await database.metering.ingest([event], foldEvents);
  const hours = await scope.usage.hours(everything);
  expect(hours.map(({ hour }) => hour.toISOString()).sort()).toEqual(
    moments.map((at) => new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000).toISOString()).sort(),
  );
  const february = { from: new Date("2028-02-01"), to: new Date("2028-03-01") };
  expect(await scope.usage.reconcile(february)).toMatchObject({ events: 3, rollups: 3, differences: [] });
  expect(await scope.usage.reconcile(everything)).toMatchObject({ events: 7, differences: [] });
  const { rows } = await client.query<{ start: string; requests: string }>(
    `SELECT left(start::text, CASE period WHEN 'day' THEN 10 ELSE 7 END) AS start, requests FROM usage_period
      WHERE organization_id = $1 ORDER BY period, usage_period.start`,
    [scope.id],
  );
  expect(Object.fromEntries(rows.map(({ start, requests }) => [start, Number(requests)]))).toEqual({
    ...{ "2021-06-30": 1, "2028-02-29": 3, "2028-03-01": 1, "2031-12-31": 1, "2032-01-01": 1 },
    ...{ "2021-06": 1, "2028-02": 3, "2028-03": 1, "2031-12": 1, "2032-01": 1 },
  });
  // What comes from the future neither counts against this month's budget nor can be billed for good before its time.
  await scope.budgets.set("organization", scope.id, { amountMicroUsd: 1n });
  expect((await scope.budgets.list())[0]).toMatchObject({ spentPicoUsd: 0n });
  const bill = { billTo: "", note: "", taxName: "", taxBasisPoints: 0, createdBy: "system" };
  const draft = await scope.invoices.draft({ ...bill, from: new Date("2031-12-01"), to: new Date("2032-01-01") });
  await expect(scope.invoices.finalize(draft.id, draft.updatedAt)).rejects.toThrow(/not over yet/);
});

it("keeps what a task used a day apart from a month, once each, and yesterday's late answers out of today", async () => {
  const { id: taskId } = await scope.tasks.create("triage", {}, version);
  await scope.budgets.set("task", taskId, { period: "day", tokens: 100n });
  await scope.budgets.set("task", taskId, { tokens: 1000n });
  await scope.budgets.set("organization", scope.id, { period: "day", tokens: 100n });
  const now = new Date();
  const yesterday = new Date(now.getTime() - 86_400_000);
  const events = [usageEvent(scope.id, { taskId, at: now }), usageEvent(scope.id, { at: now })];
  const late = usageEvent(scope.id, { taskId, at: yesterday });
  for (const batch of [events, events, [late]]) await database.metering.ingest(batch, foldEvents);
  const used = async () =>
    (await scope.budgets.list()).map(({ period, scope: of, usedTokens }) => `${of} ${period} ${usedTokens}`).sort();
  const sameMonth = now.getUTCMonth() === yesterday.getUTCMonth();
  expect(await used()).toEqual(["organization day 30", "task day 15", `task month ${sameMonth ? 30 : 15}`]);
  // One of the two is taken away, the other stays.
  await scope.budgets.set("task", taskId, { period: "day", tokens: null });
  expect(await scope.budgets.of("task", taskId, "day")).toBeNull();
  expect(await scope.budgets.of("task", taskId)).toMatchObject({ tokens: 1000n, period: "month" });
  // A task that is taken away takes its budgets along.
  await scope.tasks.remove(taskId);
  expect((await scope.budgets.list()).map(({ scope: of }) => of)).toEqual(["organization"]);
});

it("takes no nonsense of tokens: below nothing, beyond all measure, fractions, none at all", async () => {
  const meter = await UsageMeter.open(folder, database.metering, log);
  const count = (given: object) => {
    const { cachedTokens, inputTokens, outputTokens } = meter.priced(facts(), { ...outcome, ...given });
    return [inputTokens, cachedTokens, outputTokens];
  };
  expect(count({ inputTokens: -5, cachedTokens: -1, outputTokens: -7 })).toEqual([0, 0, 0]);
  expect(count({ inputTokens: Number.NaN, outputTokens: Number.POSITIVE_INFINITY })).toEqual([0, 0, 0]);
  expect(count({ inputTokens: 10, cachedTokens: 99, outputTokens: 1.9 })).toEqual([10, 10, 1]);
  expect(count({ inputTokens: 1e300, cachedTokens: 0 })[0]).toBe(2_147_483_647);
  await meter.close();
});

it("puts aside what the database refuses, and stores the rest", async () => {
  const left = await Journal.open(folder);
  // A target with a null byte is no PostgreSQL text.
  for (const target of ["a", "b\u0000", "c"]) await left.append(encodeLine(usageEvent(scope.id, { target })));
  await left.append("00000000 {}\n");
  await left.close();
  const meter = await UsageMeter.open(folder, database.metering, log);
  await meter.close();
  expect((await scope.usage.reconcile(everything)).events).toBe(2);
  expect((await stat(join(folder, "refused.jsonl"))).size).toBeGreaterThan(100);
});

it("late events change their own hour alone; folding and making anew change no sum", async () => {
  const hours = [0, 1, 2].map((hour) => new Date(Date.UTC(2026, 1, 28, 22 + hour)));
  const events = hours.flatMap((at) => Array.from({ length: 10 }, () => usageEvent(scope.id, { at })));
  for (const event of events) await database.metering.ingest([event], foldEvents);
  const sums = async () =>
    foldHours(await scope.usage.hours(everything)).sort((a, b) => a.hour.getTime() - b.hour.getTime());
  const before = await sums();
  expect(before.map(({ requests }) => requests)).toEqual([10, 10, 10]);
  expect(await database.metering.compact(foldHours, 2)).toBeGreaterThanOrEqual(27);
  expect(await sums()).toEqual(before);
  await database.metering.ingest([usageEvent(scope.id, { at: hours[1] ?? new Date() })], foldEvents);
  expect((await sums()).map(({ requests }) => requests)).toEqual([10, 11, 10]);
  await database.metering.recompute(
    scope.id,
    { from: hourOf(hours[0] ?? new Date()), to: new Date("2026-03-02") },
    foldEvents,
  );
  expect((await sums()).map(({ requests }) => requests)).toEqual([10, 11, 10]);
  expect((await scope.usage.reconcile(everything)).differences).toEqual([]);
});

it("reconciliation finds a row that was deleted by hand", async () => {
  const event = usageEvent(scope.id, { at: new Date("2026-06-01T10:30:00Z") });
  await database.metering.ingest([event, usageEvent(scope.id)], foldEvents);
  await client.query("DELETE FROM usage_event WHERE id = $1", [event.id]);
  const { differences, ...sums } = await scope.usage.reconcile(everything);
  expect(sums).toMatchObject({ requests: 2, events: 1, rollups: 2, dayDifferences: [] });
  expect(differences).toEqual([
    {
      hour: new Date("2026-06-01T10:00:00Z"),
      requests: 1,
      events: 0,
      rollups: 1,
      tokens: -15,
      amountPicoUsd: -1_500_000n,
    },
  ]);
});

it("many at once overdraw a budget by what was running, and nothing after it begins", async () => {
  await scope.priceBooks.add(prices(1_000_000, undefined, 0));
  await scope.budgets.set("organization", scope.id, { amountMicroUsd: 60n });
  const meter = await UsageMeter.open(folder, database.metering, log);
  const other = await UsageMeter.open(`${folder}-other`, database.metering, log);
  const id = () => newRequestId(Date.now() + 5);
  let running = 0;
  let admitted = 0;
  let most = 0;
  const request = async (through: UsageMeter) => {
    const one = facts({ id: id() });
    if (through.admit(one).state === "exceeded") return;
    admitted++;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    running--;
    // Six micro-dollars.
    await through.settle(one, outcome).durable;
  };
  await Promise.all(
    Array.from({ length: 4 }, async (_, worker) => {
      for (let i = 0; i < 10; i++) await request(worker % 2 === 0 ? meter : other);
    }),
  );
  expect(admitted).toBeGreaterThanOrEqual(10);
  await Promise.all([meter.flush(5_000), other.flush(5_000)]);
  await Promise.all([meter.refresh(), other.refresh()]);
  for (const each of [meter, other]) expect(each.admit(facts()).state).toBe("exceeded");
  // Within one process alone the bound is exact: what had begun before the budget was used up.
  const single = database.organization(scope.id);
  await single.budgets.set("organization", scope.id, { amountMicroUsd: BigInt(admitted) * 6n + 60n });
  await meter.refresh();
  const before = admitted;
  most = running = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 10; i++) await request(meter);
    }),
  );
  expect((admitted - before) * 6).toBeLessThanOrEqual(60 + (most - 1) * 6);
  expect(admitted - before).toBeGreaterThanOrEqual(10);
  await meter.close();
  await other.close();
  const [state] = await scope.budgets.list();
  expect(state?.spentPicoUsd).toBe(BigInt(admitted) * 6_000_000n);
});

it("keeps other organizations' usage, budgets and prices apart", async () => {
  const mine = scope;
  const theirs = database.organization(database.home.organizationId);
  await database.metering.ingest([usageEvent(mine.id)], foldEvents);
  expect((await theirs.usage.hours(everything)).filter(({ organizationId }) => organizationId === mine.id)).toEqual([]);
  await mine.priceBooks.add(prices(1, undefined, 0));
  expect(await theirs.priceBooks.list()).toEqual([]);
  const { key } = await theirs.keys.create({ projectId: database.home.projectId, name: "k" });
  await expect(mine.budgets.set("key", key.id, { amountMicroUsd: 1n })).rejects.toMatchObject({ code: "not-found" });
  const task = await theirs.tasks.create("t", {}, version);
  await expect(mine.budgets.set("task", task.id, { tokens: 1n })).rejects.toMatchObject({ code: "not-found" });
  await expect(mine.budgets.set("organization", theirs.id, { tokens: 1n })).rejects.toMatchObject({
    code: "not-found",
  });
});
