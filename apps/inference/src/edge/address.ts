import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { consoleHeader } from "./session.ts";

export interface Trust {
  /** What the console's server sends; it vouches for the address beside it. */
  readonly consoleSecret: string;
  /** Addresses and CIDR ranges of the proxies in front. */
  readonly proxies: readonly string[];
}

/** Says where a request came from. */
export type AddressReader = (peer: string | undefined, headers: Headers) => string | undefined;

/**
 * Where a request came from: the connection's other end. What `x-forwarded-for` says is believed from the console's
 * server, and from proxies that the settings name; of a chain, the last address that is none of these. Anybody else
 * could write anything into it.
 */
export function addressReader({ consoleSecret, proxies }: Trust): AddressReader {
  const secret = digest(consoleSecret);
  const trusted = new BlockList();
  for (const range of proxies) {
    const [address = "", bits] = range.split("/", 2);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? "ipv6" : "ipv4");
  };
  return (peer, headers) => {
    const own = peer === undefined ? undefined : plain(peer);
    const chain = (headers.get("x-forwarded-for") ?? "").split(",").map((part) => plain(part.trim()));
    const told = chain.filter((address) => isIP(address) !== 0);
    const told0 = told.at(-1);
    if (told0 !== undefined && timingSafeEqual(digest(headers.get(consoleHeader) ?? ""), secret)) return told0;
    if (own === undefined || !isTrusted(own)) return own;
    return told.findLast((address) => !isTrusted(address)) ?? told[0] ?? own;
  };
}

/** IPv4 as such, where a socket for both families wraps it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
