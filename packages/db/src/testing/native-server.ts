import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { connect } from "../connection.ts";
import { postgresIdentity } from "../embedded/identity.ts";

export interface NativeServer {
  readonly url: string;
  /** Where its programs lie, `pg_dump` among them. */
  readonly bin: string;
  readonly stop: () => Promise<void>;
}

/** The folder of a PostgreSQL of this machine with its programs: undefined where none is installed. */
export async function nativePostgres(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions = await readdir(root).catch(() => []);
  for (const version of versions.sort((one, other) => Number(other) - Number(one))) {
    const bin = join(root, version, "bin");
    const programs = ["initdb", "postgres", "pg_dump", "pg_restore", "psql"];
    const there = await Promise.all(
      programs.map((name) =>
        access(join(bin, name)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (there.every(Boolean)) return bin;
  }
  return undefined;
}

/** A server of the machine's own PostgreSQL, on a socket in a temporary folder. */
export async function startNative(bin: string): Promise<NativeServer> {
  const identity = await postgresIdentity();
  const ids = identity ? { uid: identity.uid, gid: identity.gid } : {};
  const root = await mkdtemp(join(tmpdir(), "tugboat-native-"));
  await chmod(root, 0o711);
  const data = join(root, "data");
  await mkdir(data, { mode: 0o700 });
  if (identity) await chown(data, identity.uid, identity.gid);
  const options = { ...ids, cwd: "/", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } };
  const make = ["--pgdata", data, "--username=tugboat", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  await promisify(execFile)(join(bin, "initdb"), make, options);
  const run = ["-D", data, "-k", data, "-c", "listen_addresses=", "-c", "fsync=off"];
  const server: ChildProcess = spawn(join(bin, "postgres"), run, { ...options, stdio: "ignore" });
  const url = `postgresql://tugboat@localhost/postgres?host=${encodeURIComponent(data)}&port=5432`;
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      await (await connect({ connectionString: url })).end();
      break;
    } catch (cause) {
      if (Date.now() > until || server.exitCode !== null) throw cause;
      await sleep(50);
    }
  }
  const stop = async () => {
    server.kill("SIGINT");
    if (server.exitCode === null) await once(server, "exit");
    await rm(root, { recursive: true, force: true });
  };
  return { url, bin, stop };
}
