import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../connection.ts";
import { type Database, openDatabase } from "../open.ts";
import { temporaryHome } from "../testing/home.ts";
import { canBecome, isOver, jobStates } from "./transitions.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: Database;

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home: home.path });
});
afterAll(async () => {
  await database.close();
  await home.remove();
});

test("the database allows the moves of the table and no others", async () => {
  const client = await connect({ connectionString: database.url });
  const scope = database.organization(database.home.organizationId);
  try {
    for (const from of jobStates) {
      for (const to of jobStates.filter((state) => state !== from)) {
        const { job } = await scope.jobs.enqueue({ kind: "moves", input: {}, maxFailures: 1, createdBy: "system" });
        const insert = "INSERT INTO job (id, organization_id, kind, input, max_failures, created_by, state)";
        await client.query("DELETE FROM job WHERE id = $1", [job.id]);
        await client.query(`${insert} VALUES ($1, $2, 'moves', '{}', 1, 'system', $3)`, [job.id, scope.id, from]);
        const moved = client.query("UPDATE job SET state = $2 WHERE id = $1", [job.id, to]);
        if (canBecome(from, to)) await expect(moved).resolves.toMatchObject({ rowCount: 1 });
        else await expect(moved).rejects.toThrow(`A job that is ${from} can't become ${to}.`);
      }
    }
  } finally {
    await client.end();
  }
});

test("a job that is over leaves its key to the next, and can't come back beside it", async () => {
  const scope = database.organization(database.home.organizationId);
  const wanted = { kind: "keyed", input: {}, maxFailures: 1, createdBy: "system", dedupeKey: "one" };
  const first = await scope.jobs.enqueue(wanted);
  expect(await scope.jobs.enqueue(wanted)).toEqual({ job: first.job, created: false });
  await scope.jobs.cancel(first.job.id);
  const second = await scope.jobs.enqueue(wanted);
  expect(second.created).toBe(true);
  await expect(scope.jobs.retry(first.job.id)).rejects.toMatchObject({ code: "conflict" });
  await scope.jobs.cancel(second.job.id);
  expect(isOver((await scope.jobs.retry(first.job.id)).state)).toBe(false);
});

test("a process that dies over a job again and again does not do so for ever", async () => {
  const scope = database.organization(database.home.organizationId);
  const { job } = await scope.jobs.enqueue({ kind: "deadly", input: {}, maxFailures: 1, createdBy: "system" });
  const deaths: number[] = [];
  for (;;) {
    const [due] = await database.jobs.undelivered(["deadly"], 1);
    if (due === undefined) break;
    const claimed = await database.jobs.claim(due.id, due.fence, -1);
    expect(claimed).toMatchObject({ id: job.id, attempt: deaths.length + 1 });
    deaths.push(await database.jobs.recover());
  }
  expect(deaths).toEqual([1, 1, 1, 1, 1]);
  expect(await scope.jobs.get(job.id)).toMatchObject({ state: "failed", attempts: 5, failures: 0 });
});

test("what is written after the job was taken is refused", async () => {
  const scope = database.organization(database.home.organizationId);
  const { job } = await scope.jobs.enqueue({ kind: "zombie", input: {}, maxFailures: 1, createdBy: "system" });
  const [due] = await database.jobs.undelivered(["zombie"], 1);
  const zombie = await database.jobs.claim(job.id, due?.fence ?? -1, -1);
  if (zombie === null) throw new Error("not claimed");
  expect(await database.jobs.claim(job.id, due?.fence ?? -1, 1000)).toBeNull();
  await database.jobs.recover();
  const progress = { stage: "x", done: null, total: null, etaMs: null, message: null };
  expect(await database.jobs.renew(zombie, 1000)).toBe(false);
  expect(await database.jobs.progress(zombie, progress)).toBe(false);
  expect(await database.jobs.finish(zombie, {})).toBe(false);
  expect(await database.jobs.fail(zombie, { message: "x", hint: null }, null)).toBe(false);
  expect(await database.jobs.release(zombie)).toBe(false);
  const work = async () => ({ result: await scope.settings.set("written by a zombie", true) });
  expect(await database.jobs.commit(zombie, work)).toBeUndefined();
  expect(await scope.jobs.get(job.id)).toMatchObject({ state: "queued" });
});
