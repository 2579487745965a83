import { access, constants, mkdir, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { readFirstRun } from "../../domain/first-run.ts";
import { bundledFile, bundledFolder } from "../../domain/models/bundled.ts";
import { portHolder } from "../../edge/port.ts";
import { type Env, version } from "../../env.ts";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { bytesText, printJson } from "../output.ts";

type Verdict = "ok" | "note" | "broken";

interface Finding {
  readonly name: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it. */
  readonly mend?: string;
}

const neededNode = [20, 19] as const;
const neededDiskBytes = 1e9;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("what this machine has, what will be used, what is missing and how to mend it")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const { env } = context;
      const findings = [
        nodeFinding(),
        memoryFinding(),
        await diskFinding(env),
        await gpuFinding(),
        await deviceFinding(env),
        await modelsFinding(),
        await databaseFinding(() =>
          withDatabase(context, async (database) => ({
            ms: await database.ping(),
            embedded: database.embedded,
            models: (await homeScope(database).models.list()).length,
          })),
        ),
        await serviceFinding(env),
      ];
      const broken = findings.filter(({ verdict }) => verdict === "broken");
      if (context.json) printJson({ version, ok: broken.length === 0, findings });
      else {
        for (const finding of findings) process.stdout.write(`${lines(finding)}\n`);
        process.stdout.write(broken.length === 0 ? "\nEverything that is needed is here.\n" : "");
      }
      if (broken.length > 0) {
        process.stderr.write(`${broken.length === 1 ? "One thing needs" : `${broken.length} things need`} mending.\n`);
        process.exitCode = 1;
      }
    });
}

function lines({ found, mend, name, verdict }: Finding): string {
  const mark = { ok: "✓", note: "·", broken: "✗" }[verdict];
  return `${mark} ${name.padEnd(10)} ${found}${mend === undefined ? "" : `\n  ${"".padEnd(10)} → ${mend}`}`;
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
  return {
    name: "Node",
    verdict: enough ? "ok" : "broken",
    found: `${process.version} on ${process.platform} ${process.arch}`,
    ...(!enough && { mend: `Install Node ${neededNode.join(".")} or newer.` }),
  };
}

function memoryFinding(): Finding {
  const limit = process.constrainedMemory() ?? 0;
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const enough = total >= 2e9;
  return {
    name: "Memory",
    verdict: enough ? "ok" : "note",
    found: `${bytesText(total)}, ${bytesText(freemem())} free; ${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown CPU"}`,
    ...(!enough && { mend: "Small models run; one of a billion parameters needs about 2 GB." }),
  };
}

async function diskFinding({ TUGBOAT_HOME }: Env): Promise<Finding> {
  try {
    await mkdir(TUGBOAT_HOME, { recursive: true });
    await access(TUGBOAT_HOME, constants.W_OK);
    const { bavail, bsize } = await statfs(TUGBOAT_HOME);
    const free = bavail * bsize;
    const enough = free >= neededDiskBytes;
    return {
      name: "Disk",
      verdict: enough ? "ok" : "broken",
      found: `${bytesText(free)} free at ${TUGBOAT_HOME}`,
      ...(!enough && { mend: "Free at least 1 GB, or set TUGBOAT_HOME to a larger disk." }),
    };
  } catch (error) {
    return {
      name: "Disk",
      verdict: "broken",
      found: `${TUGBOAT_HOME} can't be written (${error instanceof Error ? error.message : String(error)})`,
      mend: "Set TUGBOAT_HOME to a folder that you may write to.",
    };
  }
}

async function gpuFinding(): Promise<Finding> {
  try {
    const { createHardwareDevice } = await import("@tugboat/kernels/node");
    const device = await createHardwareDevice();
    if (device !== undefined) {
      const found = `${device.info.description} through WebGPU`;
      device.destroy();
      return { name: "GPU", verdict: "ok", found };
    }
    return { name: "GPU", verdict: "note", found: "none: the CPU computes" };
  } catch (error) {
    const hint = error instanceof Error && "hint" in error ? String(error.hint) : undefined;
    return {
      name: "GPU",
      verdict: "note",
      found: `not usable: ${error instanceof Error ? error.message : String(error)}`,
      ...(hint !== undefined && { mend: hint }),
    };
  }
}

async function deviceFinding({ TUGBOAT_DEVICE, TUGBOAT_THREADS }: Env): Promise<Finding> {
  try {
    const { createDevice } = await import("@tugboat/kernels/node");
    const device = await createDevice(
      TUGBOAT_DEVICE,
      TUGBOAT_THREADS === undefined ? {} : { threads: TUGBOAT_THREADS },
    );
    const found = `${device.info.kind} (${TUGBOAT_DEVICE}): ${device.info.description}`;
    device.destroy();
    return { name: "Device", verdict: "ok", found };
  } catch (error) {
    return {
      name: "Device",
      verdict: "broken",
      found: `${TUGBOAT_DEVICE}: ${error instanceof Error ? error.message : String(error)}`,
      mend: error instanceof Error && "hint" in error ? String(error.hint) : "Set TUGBOAT_DEVICE=cpu.",
    };
  }
}

async function modelsFinding(): Promise<Finding> {
  const bundled = ["tug-small", "tug-nano", "stories260K"];
  const missing: string[] = [];
  for (const name of bundled) {
    if ((await bundledFile(join(bundledFolder, name))) === undefined) missing.push(name);
  }
  if (missing.length === 0) return { name: "Models", verdict: "ok", found: `${bundled.join(", ")} come with Tugboat` };
  return {
    name: "Models",
    verdict: "note",
    found: `missing under ${bundledFolder}: ${missing.join(", ")}`,
    mend: "Check the clone out again, or add any model with `tug models add`.",
  };
}

async function databaseFinding(
  probe: () => Promise<{ ms: number; embedded: boolean; models: number }>,
): Promise<Finding> {
  try {
    const { embedded, models, ms } = await probe();
    const kind = embedded ? "embedded PostgreSQL" : "PostgreSQL of DATABASE_URL";
    return { name: "Database", verdict: "ok", found: `${kind}, answers in ${ms.toFixed(1)} ms, ${models} models` };
  } catch (error) {
    return {
      name: "Database",
      verdict: "broken",
      found: error instanceof Error ? error.message : String(error),
      mend:
        error instanceof Error && "hint" in error ? String(error.hint) : "Look at logs/postgres.log in TUGBOAT_HOME.",
    };
  }
}

async function serviceFinding(env: Env): Promise<Finding> {
  const apiUrl = env.TUGBOAT_API_URL ?? (await readFirstRun(env.TUGBOAT_HOME))?.apiUrl;
  if (apiUrl !== undefined) {
    const answer = await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer !== undefined) {
      return { name: "Service", verdict: "ok", found: `answers at ${apiUrl} with ${answer.status}` };
    }
  }
  const holders = await Promise.all(
    [env.TUGBOAT_API_PORT, env.TUGBOAT_WEB_PORT].map(async (port) => ({ port, holder: await portHolder(port) })),
  );
  const taken = holders.filter(({ holder }) => holder !== undefined);
  if (taken.length === 0) return { name: "Service", verdict: "note", found: "not running: `npm start` starts it" };
  return {
    name: "Service",
    verdict: "broken",
    found: taken.map(({ holder, port }) => `port ${port} is taken by ${holder}`).join("; "),
    mend: "Stop that program, or set TUGBOAT_API_PORT and TUGBOAT_WEB_PORT.",
  };
}
