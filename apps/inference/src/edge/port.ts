import { readdir, readFile, readlink } from "node:fs/promises";
import type { Server } from "node:net";

/** A port that can't be listened on. */
export class PortError extends Error {
  override readonly name = "PortError";
  readonly code = "port-taken";
  readonly hint: string;

  constructor(port: number, host: string, variable: string, holder: string | undefined, cause: unknown) {
    super(`Port ${port} on ${host} is taken${holder === undefined ? "" : ` by ${holder}`}.`, { cause });
    this.hint = `Stop that program, or set ${variable} to another port.`;
  }
}

/**
 * Listens, and says who has the port when it is taken.
 * @returns the port, which differs from the one asked for when that is 0
 * @throws PortError
 */
export async function listen(server: Server, port: number, host: string, variable: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const onError = async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" && error.code !== "EACCES") return reject(error);
      reject(new PortError(port, host, variable, await portHolder(port), error));
    };
    server.once("error", onError);
    server.listen(port, host, () => {
      server.off("error", onError);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/**
 * The process that listens on a TCP port, as a person would name it: `process 4711 (node server.js)`. Known on Linux, for
 * processes that this user may look into.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(table, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local = "", , state, , , , , , inode] = fields;
      if (state === "0A" && inode !== undefined && Number.parseInt(local.split(":")[1] ?? "", 16) === port) {
        inodes.add(`socket:[${inode}]`);
      }
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (!inodes.has(target)) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return `process ${pid} (${command.replaceAll("\0", " ").trim().slice(0, 120) || "unknown"})`;
    }
  }
  return undefined;
}
