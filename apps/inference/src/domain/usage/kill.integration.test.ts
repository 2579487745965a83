import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Database, openDatabase } from "@tugboat/db";
import { Client } from "pg";
import { afterAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService, temporaryHome } from "../../testing/service.ts";

interface Answered {
  readonly id: string;
  readonly input: number;
  readonly output: number;
}

/** A database that was killed reads its log again before it answers, which takes a slow disk a while. */
const patienceMs = 300_000;

let home: string | undefined;
let service: RunningService | undefined;
afterAll(async () => {
  await service?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

/** An answer that was received to its end, or undefined. */
async function ask({ apiKey, url }: RunningService, index: number): Promise<Answered | undefined> {
  const stream = index % 2 === 0;
  try {
    const response = await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: "stories260K",
        prompt: "Once",
        max_tokens: 3 + (index % 20),
        stream,
        ...(stream && { stream_options: { include_usage: true } }),
      }),
    });
    const text = await response.text();
    if (response.status !== 200 || (stream && !text.endsWith("data: [DONE]\n\n"))) return undefined;
    const last = stream ? (text.split("\n\n").at(-3) ?? "").slice("data: ".length) : text;
    const { tugboat, usage } = JSON.parse(last);
    return { id: tugboat.request_id, input: usage.prompt_tokens, output: usage.completion_tokens };
  } catch {
    // The service was killed under it.
    return undefined;
  }
}

async function kill({ process: child }: RunningService): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}

/** The process that computes: the one that was started last. */
function workerOf(running: RunningService): number {
  const lines = running.log().split("\n");
  const loading = lines.filter((line) => line.includes('"loading model"'));
  return z.object({ pid: z.number() }).parse(JSON.parse(loading.at(-1) ?? "{}")).pid;
}

/** The database's server. */
async function databaseOf(home: string): Promise<number> {
  const [pid] = (await readFile(join(home, "postgres", "postmaster.pid"), "utf8")).split("\n");
  return Number(pid);
}

/** What is recorded, once it is all there. */
async function recorded(home: string, run: (client: Client, database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase({ home });
  const client = new Client({ connectionString: database.url });
  client.on("error", () => {});
  try {
    await client.connect();
    await run(client, database);
  } finally {
    await client.end().catch(() => {});
    await database.close();
  }
}

it("whichever process is killed, no finished request is lost and none is doubled", { timeout: 900_000 }, async () => {
  home = await temporaryHome();
  const folder = home;
  const answers: Answered[] = [];
  const everything = { from: new Date("2020-01-01"), to: new Date("2100-01-01") };

  // Between journal and database: the table is locked, so that nothing gets through before the kill.
  service = await startService({}, folder);
  const first = service;
  await recorded(folder, async (client) => {
    await client.query("BEGIN");
    await client.query("LOCK TABLE usage_event IN ACCESS EXCLUSIVE MODE");
    const asked = await Promise.all(Array.from({ length: 16 }, (_, i) => ask(first, i)));
    answers.push(...asked.filter((answer) => answer !== undefined));
    expect(answers).toHaveLength(16);
    const { rows } = await client.query("SELECT count(*)::int AS n FROM usage_event");
    expect(rows).toEqual([{ n: 0 }]);
    await kill(first);
  }).catch((error: unknown) => {
    // The server of the database went with its owner.
    if (answers.length !== 16) throw error;
  });

  // At any point under load, and again right after a start that replays.
  for (const afterMs of [150, 600, 0]) {
    const running = await startService({}, folder);
    service = running;
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let i = 0; i < 200; i++) {
        const answer = await ask(running, worker + i);
        if (answer === undefined) return;
        answers.push(answer);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await kill(running);
    await Promise.all(load);
  }

  // The other processes, each under load: what computes, and what keeps.
  service = await startService({}, folder);
  const last = service;
  for (const victim of [workerOf(last), await databaseOf(folder)]) {
    const load = Array.from({ length: 4 }, async (_, worker) => {
      for (let i = 0; i < 12; i++) {
        const answer = await ask(last, worker + i);
        if (answer !== undefined) answers.push(answer);
        // In the middle of it: three others are being answered.
        if (worker === 0 && i === 3) process.kill(victim, "SIGKILL");
      }
    });
    await Promise.all(load);
    // Whoever keeps it up has noticed: it answers again.
    await expect.poll(() => ask(last, 1), { timeout: patienceMs, interval: 250 }).toBeDefined();
  }

  await recorded(folder, async (client, database) => {
    const scope = database.organization(database.home.organizationId);
    await expect
      .poll(async () => (await scope.usage.reconcile(everything)).events, { timeout: patienceMs })
      .toBeGreaterThanOrEqual(answers.length);
    const { differences, events, requests, rollups } = await scope.usage.reconcile(everything);
    expect({ differences, requests, rollups }).toEqual({ differences: [], requests: events, rollups: events });
    const { rows } = await client.query<{ id: string; input: number; output: number }>(
      "SELECT id, input_tokens AS input, output_tokens AS output FROM usage_event",
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    expect(found.size).toBe(rows.length);
    // An answer whose end was not received may have been recorded; one that was received must be, as it was told.
    for (const answer of answers) expect(found.get(answer.id)).toEqual(answer);
  });
});
