/** A link's document grows to at most this, in characters: what is larger is a bomb or a mistake. */
const mostCharacters = 4_000_000;

/** A JSON value as text that needs no escape in an address: deflate (RFC 1951), then base64url. */
export async function pack(value: unknown): Promise<string> {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(value)));
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @returns undefined for what `pack` did not write */
export async function unpack(packed: string): Promise<unknown> {
  if (!/^[\w-]+$/.test(packed)) return undefined;
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes)));
  } catch {
    return undefined;
  }
}

async function through(transform: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>) {
  const writer = transform.writable.getWriter();
  // A damaged input rejects here and at the reader; the reader's is the one that is heard.
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => undefined);
  const reader = transform.readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > mostCharacters) {
      await reader.cancel();
      throw new Error("too large");
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
