/**
 * `npm run bench:fan-out -w @tugboat/bench`: one flow of eight questions about one text, its steps beside each other and,
 * by turns, one after another. Needs the service's build. `--rounds 5`, `--model tug-small`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { median, report } from "./report.ts";

const main = fileURLToPath(new URL("../../apps/inference/dist/main.js", import.meta.url));
const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, model: { type: "string", default: "tug-small" } },
});
const rounds = Number(values.rounds);
const branches = 8;
const patienceMs = 100_000;
const ways = { "fan-out": branches, "one-by-one": 1 } as const;
const firstRun = z.object({ apiUrl: z.string(), apiKey: z.string() });
const answered = z.object({ state: z.literal("done"), output: z.record(z.string(), z.string()) });

function flow(name: string, concurrency: number): string {
  const ask = (i: number) => `  ask${i}:
    model: ${values.model}
    prompt: "Text: \${input.text} Question ${i}: what does it say of part ${i}? Answer:"
    max_tokens: 24
    temperature: 0`;
  const all = Array.from({ length: branches }, (_, i) => i + 1);
  return `flow: ${name}
input: { text: string }
concurrency: ${concurrency}
steps:
${all.map(ask).join("\n")}
output: { ${all.map((i) => `a${i}: "\${ask${i}.text}"`).join(", ")} }
`;
}

/** About 250 tokens that no other round has, so that nothing of them is known from before. */
function textOf(round: number): string {
  const parts = Array.from({ length: 24 }, (_, i) => `part ${i + 1} lies in harbour ${round * 31 + i}, pier ${i * 7}`);
  return `List ${round}. ${parts.join("; ")}.`;
}

const home = mkdtempSync(join(tmpdir(), "tug-"));
const child = spawn(process.execPath, [main], {
  env: {
    ...process.env,
    ...{ TUGBOAT_HOME: home, TUGBOAT_API_PORT: "0", TUGBOAT_DEFAULT_MODEL: values.model, TUGBOAT_DEVICE: "cpu" },
  },
  stdio: ["ignore", "pipe", "pipe"],
});
let said = "";
for (const stream of [child.stdout, child.stderr]) {
  stream.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
}

async function serving(): Promise<z.output<typeof firstRun>> {
  for (const until = Date.now() + patienceMs; Date.now() < until && child.exitCode === null; await pause(100)) {
    if (!said.includes('"msg":"serving"')) continue;
    const known = firstRun.parse(JSON.parse(readFileSync(join(home, "first-run.json"), "utf8")));
    const health = await fetch(`${known.apiUrl}/health`).catch(() => undefined);
    if (health?.status === 200) return known;
  }
  throw new Error(`The service did not serve.\n${said.slice(-2000)}`);
}

try {
  const { apiKey, apiUrl } = await serving();
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${apiUrl}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const times: Record<keyof typeof ways, number[]> = { "fan-out": [], "one-by-one": [] };
  for (const [name, concurrency] of Object.entries(ways)) {
    await post("/api/flows/declare", { yaml: flow(name, concurrency) });
  }
  let texts = 0;
  for (let round = 0; round <= rounds; round++) {
    // Who is first changes from round to round; the first round warms up and is not counted.
    const order = round % 2 === 0 ? (["fan-out", "one-by-one"] as const) : (["one-by-one", "fan-out"] as const);
    for (const name of order) {
      const input = { text: textOf(texts++) };
      const begun = performance.now();
      answered.parse(await post(`/v1/flows/${name}`, { input }));
      if (round > 0) times[name].push(performance.now() - begun);
    }
  }
  const [beside, after] = [median(times["fan-out"]), median(times["one-by-one"])];
  const gains = times["one-by-one"].map((ms, i) => ms / (times["fan-out"][i] ?? ms));
  report([
    { name: `${branches} steps beside each other, median of ${rounds}`, unit: "ms", ours: beside },
    { name: `${branches} steps one after another, median of ${rounds}`, unit: "ms", ours: after },
    { name: "gain, median of the rounds' ratios", unit: "×", ours: median(gains) },
  ]);
} finally {
  if (child.exitCode === null) {
    child.kill("SIGINT");
    await once(child, "exit");
  }
  rmSync(home, { recursive: true, force: true });
}
