/**
 * Many streams at once through the built service: errors, the edge process's memory, and what the edge adds to a request.
 * `npx tsx bench/src/streams.ts [--streams 300,500]` prints JSON. The model is the smallest one, so that the edge, and not
 * arithmetic, is what is measured.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const main = fileURLToPath(new URL("../../apps/inference/dist/main.js", import.meta.url));
const firstRun = z.object({ apiUrl: z.string(), apiKey: z.string() });
const tokensEach = 64;

const argument = process.argv.indexOf("--streams");
const counts = (argument < 0 ? "300,500" : (process.argv[argument + 1] ?? "")).split(",").map(Number);

interface Service {
  readonly url: string;
  readonly key: string;
  readonly process: ChildProcess;
}

async function start(home: string): Promise<Service> {
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      TUGBOAT_HOME: home,
      TUGBOAT_API_PORT: "0",
      TUGBOAT_DEFAULT_MODEL: "stories260K",
      TUGBOAT_DEVICE: "cpu",
      TUGBOAT_QUEUE: "1000",
      TUGBOAT_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const text = await readFile(join(home, "first-run.json"), "utf8").catch(() => undefined);
    if (text !== undefined) {
      const { apiKey, apiUrl } = firstRun.parse(JSON.parse(text));
      const health = await fetch(`${apiUrl}/health`).catch(() => undefined);
      if (health?.ok) return { url: apiUrl, key: apiKey, process: child };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the service did not start");
}

function post({ key, url }: Service, body: object): Promise<Response> {
  return fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "stories260K", prompt: "Once upon a time", temperature: 0, ...body }),
  });
}

/** Resident memory of a process, now and at most so far, in MB. */
async function memory(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1000;
  return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}

async function readStream(service: Service): Promise<{ tokens: number; firstMs: number }> {
  const began = performance.now();
  const response = await post(service, { max_tokens: tokensEach, stream: true, ignore_eos: true });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  let firstMs: number | undefined;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    firstMs ??= performance.now() - began;
    text += chunk;
  }
  if (!text.trimEnd().endsWith("data: [DONE]")) throw new Error("a stream was cut");
  return { tokens: text.split("data: ").length - 3, firstMs: firstMs ?? 0 };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What a request takes beyond what the engine says it worked and waited, in ms. */
async function edgeAdds(service: Service, requests: number): Promise<number> {
  const added: number[] = [];
  for (let i = 0; i < requests; i++) {
    const began = performance.now();
    const response = await post(service, { max_tokens: 8 });
    await response.json();
    const took = performance.now() - began;
    const spans = [...(response.headers.get("server-timing") ?? "").matchAll(/dur=([\d.]+)/g)];
    added.push(took - spans.reduce((sum, [, ms]) => sum + Number(ms), 0));
  }
  return percentile(added.slice(Math.floor(requests / 5)), 0.5);
}

const home = await mkdtemp(join(tmpdir(), "tug-"));
const service = await start(home);
const results: { name: string; unit: string; ours: number }[] = [];
const note = (name: string, unit: string, ours: number) =>
  results.push({ name, unit, ours: Math.round(ours * 1000) / 1000 });
try {
  note("edge and routing add to a request, median", "ms", await edgeAdds(service, 200));
  const pid = service.process.pid ?? 0;
  note("edge process, idle", "MB", (await memory(pid)).now);
  for (const count of counts) {
    const began = performance.now();
    const settled = await Promise.allSettled(Array.from({ length: count }, () => readStream(service)));
    const seconds = (performance.now() - began) / 1000;
    const done = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const one of settled) if (one.status === "rejected") process.stderr.write(`${one.reason}\n`);
    note(`${count} streams at once: errors`, "streams", count - done.length);
    note(`${count} streams at once: tokens`, "tokens/s", done.reduce((sum, { tokens }) => sum + tokens, 0) / seconds);
    note(
      `${count} streams at once: first token, median`,
      "ms",
      percentile(
        done.map(({ firstMs }) => firstMs),
        0.5,
      ),
    );
    note(`${count} streams at once: edge process, peak so far`, "MB", (await memory(pid)).peak);
  }
} finally {
  service.process.kill("SIGINT");
  await new Promise((resolve) => service.process.once("exit", resolve));
  await rm(home, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ results })}\n`);
