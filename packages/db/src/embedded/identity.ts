import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { DatabaseError } from "../errors.ts";

const run = promisify(execFile);

/** The account that PostgreSQL runs under. */
export interface Identity {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
}

/** How to start a program under an {@link Identity}: a command prefix, or ids for the spawn call, or neither. */
export interface Launch {
  readonly prefix: readonly string[];
  readonly ids: { readonly uid?: number; readonly gid?: number };
}

/**
 * PostgreSQL refuses to run as root, so root lends it the account `postgres`, made when there is none.
 *
 * @returns undefined for an ordinary user, who runs PostgreSQL as himself.
 * @throws DatabaseError `embedded-unavailable` when no account can be had.
 */
export async function postgresIdentity(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await findAccount("postgres");
  if (existing) return existing;
  let cause: unknown;
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
  } catch (error) {
    cause = error;
  }
  const account = (await findAccount("postgres")) ?? (await findAccount("nobody"));
  if (account) return account;
  throw new DatabaseError("embedded-unavailable", "PostgreSQL can't run as root, and no other account could be made.", {
    hint: "Start Tugboat as an ordinary user, or set DATABASE_URL to an existing PostgreSQL server.",
    cause,
  });
}

async function findAccount(user: string): Promise<Identity | undefined> {
  const accounts = await readFile("/etc/passwd", "utf8").catch(() => "");
  for (const line of accounts.split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === user && uid !== undefined && gid !== undefined) return { user, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * Decides how root starts a program under another account. Where that account may not enter the folders on the way
 * (a clone under /root, or one made by `mktemp -d`), `setpriv` leaves it root's right to pass closed doors, and takes every other.
 *
 * @param paths the programs and folders it must reach
 */
export async function launchAs(identity: Identity | undefined, paths: readonly string[]): Promise<Launch> {
  if (identity === undefined) return { prefix: [], ids: {} };
  const reachable = await Promise.all(paths.map((path) => canReach(path, identity)));
  if (reachable.every(Boolean)) return { prefix: [], ids: { uid: identity.uid, gid: identity.gid } };
  const capability = await searchCapability();
  const closed = paths[reachable.indexOf(false)] ?? "";
  const hint = "Move the folder to a place that other users can enter, or set DATABASE_URL to an existing server.";
  if (capability === undefined) {
    throw new DatabaseError("embedded-unavailable", `The account ${identity.user} may not enter ${closed}.`, { hint });
  }
  try {
    await run("setpriv", ["--version"]);
  } catch (cause) {
    throw new DatabaseError("embedded-unavailable", `The account ${identity.user} may not enter ${closed}.`, {
      hint,
      cause,
    });
  }
  return {
    prefix: [
      "setpriv",
      `--reuid=${identity.uid}`,
      `--regid=${identity.gid}`,
      "--clear-groups",
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=-all,+${capability}`,
      `--bounding-set=-all,+${capability}`,
      // Without this, access(2), by which initdb looks for its sibling, would ignore the capability.
      "--securebits=+no_setuid_fixup",
      "--",
    ],
    ids: {},
  };
}

/** Whether every folder on the way to `path` lets the account in, by the permission bits. */
async function canReach(path: string, { uid, gid }: Identity): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid: owner, gid: group } = await stat(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The narrowest capability this process holds that opens closed folders: containers often hold only the wider one. */
async function searchCapability(): Promise<"dac_read_search" | "dac_override" | undefined> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if (held & (1n << 2n)) return "dac_read_search";
  if (held & (1n << 1n)) return "dac_override";
  return undefined;
}
