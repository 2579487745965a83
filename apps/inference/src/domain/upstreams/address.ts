import { isIP } from "node:net";

/** What is wrong with an address, as a sentence. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/**
 * An upstream's base URL in its one form: no slash at the end. Private addresses are fine: that is where self-hosted
 * servers are. Link-local ones are refused: nothing but a cloud's metadata service answers there, and it gives out
 * credentials.
 * @throws AddressError
 */
export function baseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new AddressError("This is not a URL: it looks like https://api.example.com/v1.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new AddressError(`Only http and https are spoken, not ${url.protocol.slice(0, -1)}.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new AddressError("A URL can't hold a password: put it in the secret, which is stored encrypted.");
  }
  if (url.search !== "" || url.hash !== "") throw new AddressError("A base URL has no ? and no #.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isLinkLocal(host)) throw new AddressError(linkLocalSentence(host));
  return url.href.replace(/\/+$/, "");
}

export function linkLocalSentence(host: string): string {
  return `${host} is a link-local address; those are refused, because a cloud's metadata service answers there.`;
}

/** 169.254.0.0/16 and fe80::/10, also as IPv4 within IPv6. */
export function isLinkLocal(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith("169.254.");
  if (isIP(address) !== 6) return false;
  const lower = address.toLowerCase();
  const mapped = /^::ffff:(?:([\d.]+)|([0-9a-f]{1,4}):[0-9a-f]{1,4})$/.exec(lower);
  if (mapped?.[1] !== undefined) return mapped[1].startsWith("169.254.");
  return mapped?.[2] === "a9fe" || /^fe[89ab]/.test(lower);
}
