/**
 * `npm run bench:kills -w @tugboat/bench`: kills the processes of a whole service by turns, at random moments under load
 * (`--kills 20`), and counts afterwards. Exits with 1 when an answer that was received is not recorded as it was told, or
 * anything is recorded twice, or the sums or the invoice are not what the events come to.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Client } from "pg";
import { z } from "zod";

const main = fileURLToPath(new URL("../../apps/inference/dist/main.js", import.meta.url));
const tug = fileURLToPath(new URL("../../apps/inference/bin/tug.js", import.meta.url));
const { values } = parseArgs({
  options: { kills: { type: "string", default: "20" }, json: { type: "boolean", default: false } },
});
const kills = Number(values.kills);
const atOnce = 6;
const patienceMs = 100_000;
const home = mkdtempSync(join(tmpdir(), "tug-"));
const run = promisify(execFile);
const firstRun = z.object({ apiUrl: z.string(), apiKey: z.string() });
const answered = z.object({
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
  tugboat: z.object({ request_id: z.string() }),
});

interface Service {
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly url: string;
  readonly key: string;
}

async function start(): Promise<Service> {
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      ...{ TUGBOAT_HOME: home, TUGBOAT_API_PORT: "0", TUGBOAT_DEFAULT_MODEL: "stories260K", TUGBOAT_DEVICE: "cpu" },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const until = Date.now() + patienceMs;
  while (Date.now() < until && child.exitCode === null) {
    if (said.includes('"msg":"serving"')) {
      const { apiKey, apiUrl } = firstRun.parse(JSON.parse(readFileSync(join(home, "first-run.json"), "utf8")));
      const health = await fetch(`${apiUrl}/health`).catch(() => undefined);
      if (health?.status === 200) return { process: child, log: () => said, url: apiUrl, key: apiKey };
    }
    await pause(50);
  }
  child.kill("SIGKILL");
  throw new Error(`The service did not serve.\n${said.slice(-2000)}`);
}

/** Answers that were received to their end, by id, with the tokens that they told. */
const received = new Map<string, { readonly input: number; readonly output: number }>();
let asked = 0;

async function ask(service: Service): Promise<boolean> {
  const n = asked++;
  const stream = n % 2 === 0;
  try {
    const response = await fetch(`${service.url}/v1/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
      body: JSON.stringify({
        ...{ model: "stories260K", prompt: "Once", max_tokens: 3 + (n % 60), stream },
        ...(stream && { stream_options: { include_usage: true } }),
      }),
    });
    const text = await response.text();
    if (response.status !== 200 || (stream && !text.endsWith("data: [DONE]\n\n"))) return false;
    const last = stream ? (text.split("\n\n").at(-3) ?? "").slice("data: ".length) : text;
    const { tugboat, usage } = answered.parse(JSON.parse(last));
    if (received.has(tugboat.request_id)) throw new Error(`Two answers have the id ${tugboat.request_id}.`);
    received.set(tugboat.request_id, { input: usage.prompt_tokens, output: usage.completion_tokens });
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Two answers")) throw error;
    return false;
  }
}

const victims = {
  service: (service: Service) => service.process.pid ?? 0,
  worker: ({ log }: Service) =>
    z.object({ pid: z.number() }).parse(
      JSON.parse(
        log()
          .split("\n")
          .findLast((line) => line.includes('"loading model"')) ?? "{}",
      ),
    ).pid,
  database: () => Number(readFileSync(join(home, "postgres", "postmaster.pid"), "utf8").split("\n")[0]),
} as const;
// The service dies twice as often as the others: the journal is its own.
const order = ["service", "worker", "service", "database"] as const;

async function hand(sql: string): Promise<Record<string, string>[]> {
  const client = new Client({
    ...{ host: join(home, "postgres"), port: 5432, user: "tugboat", database: "tugboat" },
    password: readFileSync(join(home, "postgres.password"), "utf8").trim(),
  });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function tugJson(...args: string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [tug, ...args, "--json"], {
    env: { ...process.env, TUGBOAT_HOME: home },
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}

let service = await start();
try {
  const prices = JSON.stringify([
    { target: "*", input: 1_000_000, cachedInput: 500_000, output: 10_000_000, perHour: 0, marginBasisPoints: 0 },
  ]);
  await hand(`INSERT INTO price_book (id, organization_id, version, effective_from, prices, created_by)
              SELECT gen_random_uuid(), id, 1, now(), '${prices}', 'system' FROM organization WHERE slug = 'home'`);
  for (let kill = 0; kill < kills; kill++) {
    const name = order[kill % order.length] ?? "service";
    let loading = true;
    const load = Array.from({ length: atOnce }, async () => {
      // A request that was cut comes again, as clients do.
      while (loading) if (!(await ask(service))) await pause(20);
    });
    await pause(200 + Math.random() * 1500);
    const exited = new Promise<void>((resolve) => service.process.once("exit", () => resolve()));
    process.kill(victims[name](service), "SIGKILL");
    if (name === "service") await exited;
    else await pause(Math.random() * 500);
    loading = false;
    await Promise.all(load);
    if (name === "service") service = await start();
    const until = Date.now() + patienceMs;
    while (!(await ask(service))) {
      if (Date.now() > until) throw new Error(`Nothing is answered after the ${name} was killed.`);
      await pause(100);
    }
    process.stderr.write(`${kill + 1}: ${name} killed; ${received.size} of ${asked} answers received whole\n`);
  }

  const counted = z.object({
    ...{ requests: z.number(), events: z.number(), rollups: z.number() },
    differences: z.array(z.unknown()),
  });
  const until = Date.now() + patienceMs;
  let found = counted.parse(await tugJson("reconcile"));
  while (found.events < received.size && Date.now() < until) {
    await pause(500);
    found = counted.parse(await tugJson("reconcile"));
  }
  const rows = await hand(
    "SELECT id::text, input_tokens::text AS input, output_tokens::text AS output, amount_pico_usd::text AS amount FROM usage_event",
  );
  const events = new Map(rows.map((row) => [row.id, row]));
  const lost = [...received].filter(([id]) => !events.has(id)).length;
  const wrong = [...received].filter(([id, told]) => {
    const event = events.get(id);
    return event !== undefined && (Number(event.input) !== told.input || Number(event.output) !== told.output);
  }).length;
  const sum = rows.reduce((total, { amount = "0" }) => total + BigInt(amount), 0n);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const invoice = z
    .object({ invoice: z.object({ amountUsd: z.string() }) })
    .parse(await tugJson("invoices", "create", "--from", yesterday, "--to", tomorrow)).invoice;
  const result = {
    ...{ kills, asked, received: received.size, events: rows.length, lost, doubled: rows.length - events.size },
    ...{ tokensWrong: wrong, requests: found.requests, rollups: found.rollups, differences: found.differences.length },
    ...{ eventsUsd: Number(sum) / 1e12, invoiceUsd: Number(invoice.amountUsd) },
  };
  process.stdout.write(`${JSON.stringify(result, null, values.json ? undefined : 2)}\n`);
  const good =
    lost + wrong + result.doubled + result.differences === 0 &&
    found.requests === rows.length &&
    found.rollups === rows.length &&
    result.eventsUsd === result.invoiceUsd;
  process.exitCode = good ? 0 : 1;
} finally {
  service.process.kill("SIGINT");
  await Promise.race([new Promise((resolve) => service.process.once("exit", resolve)), pause(30_000)]);
  service.process.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
}
