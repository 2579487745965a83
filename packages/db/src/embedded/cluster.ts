import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DatabaseError, messageOf } from "../errors.ts";
import type { PostgresBinaries } from "./binaries.ts";
import type { Identity, Launch } from "./identity.ts";

const run = promisify(execFile);

export const USER = "tugboat";

/** The major version of the programs in the package, which must be that of the files. */
const MAJOR = "18";

/**
 * Makes the database files in `dataDir` unless they are there. They are made under another name and renamed when
 * complete, so that a first start that was interrupted leaves nothing half made.
 *
 * @throws DatabaseError `embedded-failed`
 */
export async function ensureCluster(
  dataDir: string,
  password: string,
  binaries: PostgresBinaries,
  identity: Identity | undefined,
  launch: Launch,
): Promise<void> {
  const version = await readFile(join(dataDir, "PG_VERSION"), "utf8").catch(() => undefined);
  if (version !== undefined) {
    if (version.trim() === MAJOR) return;
    throw new DatabaseError(
      "embedded-failed",
      `The database in ${dataDir} was made by PostgreSQL ${version.trim()}, and this is PostgreSQL ${MAJOR}.`,
      { hint: "Dump it with the old version, move the folder away and restore into the new one." },
    );
  }
  const making = `${dataDir}.new`;
  const passwordFile = `${making}.password`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (identity) {
      await chown(making, identity.uid, identity.gid);
      await chown(passwordFile, identity.uid, identity.gid);
    }
    const [command = "", ...rest] = [...launch.prefix, binaries.initdb];
    await run(
      command,
      [
        ...rest,
        `--pgdata=${making}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
      ],
      { ...launch.ids, cwd: "/", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } },
    );
    await rename(making, dataDir);
  } catch (cause) {
    throw new DatabaseError("embedded-failed", `The database files could not be made in ${dataDir}.`, {
      hint: messageOf(cause).trim(),
      cause,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The password of the embedded server, made once and kept readable by its owner alone. */
export async function ensurePassword(path: string): Promise<string> {
  const kept = await readFile(path, "utf8").catch(() => "");
  if (kept.trim() !== "") return kept.trim();
  const password = randomBytes(24).toString("base64url");
  await writeFile(path, password, { mode: 0o600 });
  await chmod(path, 0o600);
  return password;
}
