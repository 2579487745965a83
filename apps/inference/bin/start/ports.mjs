import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { Problem } from "./problem.mjs";

/**
 * The port that a variable names, checked to be free.
 *
 * @param {string} variable
 * @param {number} standard
 * @param {string} what such as "the console"
 */
export async function freePort(variable, standard, what) {
  const text = process.env[variable] || String(standard);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new Problem("bad-port", `${variable} is "${text}", which is no port.`, "Set it to a number from 0 to 65535.");
  }
  try {
    return await tryPort(port);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EACCES") {
      throw new Problem(
        "port-denied",
        `This account may not use port ${port}.`,
        `Choose another for ${what} with ${variable}.`,
      );
    }
    if (code !== "EADDRINUSE") throw error;
    const holder = portHolder(port);
    throw new Problem(
      "port-taken",
      `Port ${port}, wanted for ${what}, is taken by ${holder ?? "a program that this account can't see"}.`,
      `Stop that program, or choose another port: ${variable}=${port + 1} npm start`,
    );
  }
}

/**
 * @param {number} port 0 for any
 * @returns {Promise<number>}
 */
function tryPort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

/**
 * Who listens on a TCP port of this machine, as "node server.js (process 123)".
 *
 * @param {number} port
 */
export function portHolder(port) {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeners(read(table), port)));
  if (inodes.size === 0) return undefined;
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      return `${command.length > 80 ? `${command.slice(0, 79)}…` : command} (process ${pid})`;
    }
  }
  return undefined;
}

/**
 * The socket inodes that listen on `port`, from the text of /proc/net/tcp.
 *
 * @param {string} table
 * @param {number} port
 */
export function listeners(table, port) {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === "0A")
    .map((fields) => fields[9] ?? "");
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** @param {string} path */
function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** @param {string} path */
function link(path) {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
