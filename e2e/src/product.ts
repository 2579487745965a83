import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const launcher = fileURLToPath(new URL("../../apps/inference/bin/start.mjs", import.meta.url));
const startPatienceMs = 600_000;

const started = z.object({ consoleUrl: z.string(), apiUrl: z.string(), signInLink: z.string() });

/** An identity provider that nobody reaches: its button is on the sign-in page. */
const provider = {
  TUGBOAT_OIDC_ISSUER: "http://127.0.0.1:9",
  TUGBOAT_OIDC_CLIENT_ID: "tugboat",
  TUGBOAT_OIDC_CLIENT_SECRET: "no secret",
  TUGBOAT_OIDC_NAME: "Harbour ID",
};

export interface Product extends z.infer<typeof started> {
  readonly home: string;
  /** Ends it as Ctrl-C does, and removes its data. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the whole product as a person does, on free ports with a data directory of its own.
 * @throws Error with what the launcher and its programs said when it does not come up
 */
export async function startProduct(settings: Readonly<Record<string, string>> = {}): Promise<Product> {
  const home = mkdtempSync(join(tmpdir(), "tugboat-e2e-"));
  // The database's own account has to pass through when all this runs as root.
  chmodSync(home, 0o711);
  const child = spawn(process.execPath, [launcher, "--json"], {
    env: { ...process.env, ...provider, ...settings, TUGBOAT_HOME: home, TUGBOAT_WEB_PORT: "0", TUGBOAT_API_PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    process.stderr.write(chunk);
  });
  const ended = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await ended;
    clearTimeout(timer);
    rmSync(home, { recursive: true, force: true });
  };
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill("SIGINT"), startPatienceMs);
  try {
    for await (const line of lines) {
      const facts = started.safeParse(JSON.parse(line));
      if (facts.success) return { ...facts.data, home, stop };
    }
    throw new Error(`Tugboat did not start.\n${said}\n${logTails(home)}`);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The last lines of every log, for the one who looks at a failed run. */
function logTails(home: string): string {
  const folder = join(home, "logs");
  try {
    return readdirSync(folder)
      .map((name) => `--- ${name}\n${readFileSync(join(folder, name), "utf8").split("\n").slice(-20).join("\n")}`)
      .join("\n");
  } catch {
    return "";
  }
}
