import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP, type Socket } from "node:net";
import { join } from "node:path";
import { env } from "./env.ts";

/**
 * Where a browser is: the connection's other end or, behind proxies that the settings name, the last address of
 * `x-forwarded-for` that is none of them. What anybody else writes there is not believed.
 */
export function visitorAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  trustedProxies: readonly string[],
): string | undefined {
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const [address = "", bits] = range.split("/", 2);
    if (isIP(address) === 0) continue;
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  const own = peer === undefined ? undefined : plain(peer);
  if (own === undefined || !isTrusted(own)) return own;
  const told = (forwarded ?? "")
    .split(",")
    .map((part) => plain(part.trim()))
    .filter((address) => isIP(address) !== 0);
  return told.findLast((address) => !isTrusted(address)) ?? told[0] ?? own;
}

/** IPv4 as such, where a socket for both families wraps it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

interface Begun {
  readonly request: { readonly headers: IncomingHttpHeaders; readonly socket: Socket };
}

/**
 * From now on `x-forwarded-for` of every request is the visitor's address and nothing else, before anything reads it:
 * the framework shows no route the connection.
 */
export function tellVisitors(): void {
  const { trustedProxies } = env();
  subscribe("http.server.request.start", (message) => {
    // Node publishes this shape; it is documented with the channel.
    const { request } = message as Begun;
    const forwarded = request.headers["x-forwarded-for"];
    const chain = Array.isArray(forwarded) ? forwarded.join(",") : forwarded;
    const address = visitorAddress(request.socket.remoteAddress, chain, trustedProxies);
    if (address === undefined) delete request.headers["x-forwarded-for"];
    else request.headers["x-forwarded-for"] = address;
  });
}

const believedMs = 10_000;
let read: { readonly at: number; readonly secret: string } | undefined;

/**
 * What shows the service that it is the console that speaks, so that it believes where a visitor is. The service leaves
 * it in the data directory; a console without that directory is a proxy that the service's settings have to name.
 */
export function consoleSecret(): string {
  if (read !== undefined && performance.now() - read.at < believedMs) return read.secret;
  let secret = "1";
  try {
    secret = readFileSync(join(env().home, "console-secret"), "utf8").trim() || secret;
  } catch {
    // Not there yet, or not on this machine.
  }
  read = { at: performance.now(), secret };
  return secret;
}
