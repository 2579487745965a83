import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./paths.mjs";
import { Problem } from "./problem.mjs";

const file = join(home, "launcher.json");

/**
 * Takes this home for one launcher; `release` gives it back.
 *
 * @param {{ consoleUrl: string; apiUrl: string }} facts
 */
export function takeHome(facts) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid, ...facts }), { flag: "wx", mode: 0o600 });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      refuseIfRunning();
      rmSync(file, { force: true });
    }
  }
  throw new Problem("already-running", `Another start of Tugboat in ${home} is under way.`, "Wait for it.");
}

/** Throws when a living launcher has this home. */
export function refuseIfRunning() {
  const other = holder();
  if (other === undefined) return;
  throw new Problem(
    "already-running",
    `Tugboat already runs in ${home} (process ${other.pid}): the console is at ${other.consoleUrl}, the API at ${other.apiUrl}.`,
    "Stop it with Ctrl-C where it runs, or start another one with its own TUGBOAT_HOME, TUGBOAT_WEB_PORT and TUGBOAT_API_PORT.",
  );
}

function holder() {
  try {
    const other = JSON.parse(readFileSync(file, "utf8"));
    process.kill(other.pid, 0);
    // The id may by now belong to another program.
    const command = process.platform === "linux" ? readFileSync(`/proc/${other.pid}/cmdline`, "utf8") : "start.mjs";
    return other.pid !== process.pid && command.includes("start.mjs") ? other : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPERM") return { pid: "of another account" };
    return undefined;
  }
}
