import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError } from "../errors.ts";
import { findBinaries, type PostgresBinaries } from "./binaries.ts";
import { ensureCluster, ensurePassword, USER } from "./cluster.ts";
import { type Identity, type Launch, launchAs, postgresIdentity } from "./identity.ts";
import { isAlive, readPostmaster, runningPostmaster, stopPostmaster } from "./postmaster.ts";

/** Names the socket file; the server listens on no network port. */
const SOCKET_PORT = 5432;
/** Linux allows 107 bytes for a socket's path, other systems less. */
const SOCKET_PATH_LIMIT = 100;
const START_PATIENCE_MS = 60_000;
const ORPHAN_PATIENCE_MS = 5_000;
const STOP_PATIENCE_MS = 20_000;
const LOG_LIMIT_BYTES = 10_000_000;

/**
 * PostgreSQL must not outlive its owner, even one that is killed and can't say so: the owner holds a pipe open, and when
 * that closes, the server is told to stop. Being in a session of its own, it doesn't hear the terminal's Ctrl-C.
 */
const GUARD = `
exec 3<&0
"$@" 3<&- </dev/null & server=$!
( read -r _ <&3; kill -INT "$server" ) & guard=$!
exec 3<&-
wait "$server"; code=$?
kill "$guard" 2>/dev/null; wait "$guard"
exit "$code"`;

const SETTINGS = {
  listen_addresses: "",
  shared_buffers: "64MB",
  max_wal_size: "256MB",
  max_connections: "100",
  io_method: "sync",
  jit: "off",
  logging_collector: "off",
  log_min_messages: "warning",
  timezone: "UTC",
};

/** A PostgreSQL that lives in `home/postgres` and listens on a Unix socket only its account can reach. */
export interface EmbeddedServer {
  readonly user: string;
  readonly password: string;
  readonly socketDir: string;
  readonly port: number;
  /** Whether this process started it and keeps it alive, or shares that of another process of the same home. */
  readonly owned: boolean;
  /** The server's process id now; it changes when a server that died was started again. */
  pid(): Promise<number | undefined>;
  /** Stops the server if this process started it; a server that another process owns is left alone. */
  stop(): Promise<void>;
}

interface Files {
  readonly dataDir: string;
  readonly socketDir: string;
  readonly ownerFile: string;
  readonly logFile: string;
}

/**
 * Starts the server on `home`, or joins the one that another live process of the same home has started.
 *
 * @param home absolute path of the data directory
 * @param report told when a server that died by itself is started again, or can't be
 * @throws DatabaseError `embedded-unavailable`, `embedded-failed`
 */
export async function startEmbedded(home: string, report: (message: string) => void): Promise<EmbeddedServer> {
  const isRoot = process.getuid?.() === 0;
  await mkdir(home, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  await mkdir(join(home, "logs"), { recursive: true, mode: 0o700 });
  const binaries = await findBinaries();
  const identity = await postgresIdentity();
  const dataDir = join(home, "postgres");
  const launch = await launchAs(identity, [binaries.postgres, dataDir]);
  const files: Files = {
    dataDir,
    socketDir: await socketFolder(dataDir, identity),
    ownerFile: join(home, "postgres.owner"),
    logFile: join(home, "logs", "postgres.log"),
  };
  const password = await ensurePassword(join(home, "postgres.password"));
  const facts = { user: USER, password, socketDir: files.socketDir, port: SOCKET_PORT };

  if (await joinRunning(files)) {
    return { ...facts, owned: false, pid: async () => (await readPostmaster(dataDir))?.pid, stop: async () => {} };
  }
  await ensureCluster(dataDir, password, binaries, identity, launch);
  const supervisor = new Supervisor(files, binaries, launch, report);
  let owned = true;
  try {
    await supervisor.start();
  } catch (error) {
    // Two processes of one home that start together: the later one joins the earlier.
    if (!(await joinRunning(files))) throw error;
    owned = false;
  }
  return { ...facts, owned, pid: async () => (await readPostmaster(dataDir))?.pid, stop: () => supervisor.stop() };
}

/** True when a server with a living owner is there to be shared. One whose owner is gone is stopped first. */
async function joinRunning({ dataDir, ownerFile }: Files): Promise<boolean> {
  for (let waited = 0; waited < START_PATIENCE_MS; waited += 50) {
    const running = await runningPostmaster(dataDir);
    if (running === undefined) return false;
    const [owner = 0, owned] = (await readFile(ownerFile, "utf8").catch(() => "")).split(" ").map(Number);
    if (running.ready && owned === running.pid && isAlive(owner)) return true;
    // The owner writes its name a moment after the server is ready, and a server whose owner died stops by itself.
    if (waited >= ORPHAN_PATIENCE_MS) await stopPostmaster(running.pid);
    await sleep(50);
  }
  throw new DatabaseError("embedded-failed", `The PostgreSQL that runs on ${dataDir} neither answers nor stops.`, {
    hint: "Look at logs/postgres.log, stop that process and start again.",
  });
}

async function socketFolder(dataDir: string, identity: Identity | undefined): Promise<string> {
  if (join(dataDir, `.s.PGSQL.${SOCKET_PORT}`).length <= SOCKET_PATH_LIMIT) return dataDir;
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  const folder = join(tmpdir(), `tugboat-${process.getuid?.() ?? 0}-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await stat(folder);
  if (uid !== process.getuid?.() && uid !== identity?.uid) {
    throw new DatabaseError("embedded-failed", `The folder ${folder} belongs to someone else.`, { hint: "Remove it." });
  }
  if (identity) await chown(folder, identity.uid, identity.gid);
  return folder;
}

/** Keeps one server process alive until it is told to stop. */
class Supervisor {
  readonly #files: Files;
  readonly #binaries: PostgresBinaries;
  readonly #launch: Launch;
  readonly #report: (message: string) => void;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarts = 0;

  constructor(files: Files, binaries: PostgresBinaries, launch: Launch, report: (message: string) => void) {
    this.#files = files;
    this.#binaries = binaries;
    this.#launch = launch;
    this.#report = report;
  }

  /** @throws DatabaseError `embedded-failed` with the last lines of the server's log */
  async start(): Promise<void> {
    const { dataDir, ownerFile, logFile } = this.#files;
    const logSize = await stat(logFile).then(
      (file) => file.size,
      () => 0,
    );
    const log = await open(logFile, logSize > LOG_LIMIT_BYTES ? "w" : "a", 0o600);
    const logStart = logSize > LOG_LIMIT_BYTES ? 0 : logSize;
    const settings = { ...SETTINGS, unix_socket_directories: this.#files.socketDir };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const [command = "", ...rest] = [
      ...this.#launch.prefix,
      ...[
        "/bin/sh",
        "-c",
        GUARD,
        "tugboat-postgres",
        this.#binaries.postgres,
        "-D",
        dataDir,
        "-p",
        String(SOCKET_PORT),
      ],
      ...flags,
    ];
    const child = spawn(command, rest, {
      ...this.#launch.ids,
      cwd: "/",
      detached: true,
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
      stdio: ["pipe", log.fd, log.fd],
    });
    let exited = false;
    const exit = once(child, "exit").then(
      () => {
        exited = true;
      },
      () => {
        exited = true;
      },
    );
    await log.close();
    // A guard that has died can't be told anything; the exit event says so.
    child.stdin?.on("error", () => {});
    this.#child = child;
    for (let waited = 0; !exited && waited < START_PATIENCE_MS; waited += 10) {
      const postmaster = await readPostmaster(dataDir);
      if (postmaster?.ready && isAlive(postmaster.pid)) {
        await writeFile(ownerFile, `${process.pid} ${postmaster.pid}`, { mode: 0o600 });
        void exit.then(() => this.#onExit());
        return;
      }
      await sleep(10);
    }
    child.stdin?.end();
    await exit;
    throw new DatabaseError("embedded-failed", "PostgreSQL did not start.", {
      hint: `${await lastLines(logFile, logStart)}\nThe whole log is in ${logFile}.`,
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.stdin?.end();
    await Promise.race([exit, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    const left = await runningPostmaster(this.#files.dataDir);
    if (left) await stopPostmaster(left.pid);
    await rm(this.#files.ownerFile, { force: true });
  }

  async #onExit(): Promise<void> {
    if (this.#stopping) return;
    while (this.#restarts < 5) {
      this.#restarts += 1;
      this.#report("PostgreSQL ended unexpectedly; it is started again.");
      // The dead server's children may hold its shared memory for a moment.
      await sleep(200 * this.#restarts);
      if (this.#stopping) return;
      try {
        await this.start();
        setTimeout(() => {
          this.#restarts = 0;
        }, 60_000).unref();
        return;
      } catch (error) {
        this.#report(error instanceof DatabaseError ? `${error.message} ${error.hint ?? ""}` : String(error));
      }
    }
    this.#report("PostgreSQL keeps ending and is not started again. Look at logs/postgres.log.");
  }
}

async function lastLines(path: string, from: number): Promise<string> {
  const text = (await readFile(path)).subarray(from).toString("utf8").trim();
  return text.split("\n").slice(-5).join("\n");
}
