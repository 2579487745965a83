import { DatasetError } from "./errors.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** A file that can be read from its beginning, as often as is needed. */
export type OpenBytes = () => AsyncIterable<Uint8Array>;

/**
 * The encoding that a file's first bytes tell, whatever wrote it: UTF-8 or UTF-16 with a byte order mark, UTF-16 without
 * one; undefined where only the whole file tells UTF-8 from Windows-1252.
 */
export function encodingOf(head: Uint8Array): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  let [even, odd] = [0, 0];
  const looked = Math.min(head.length, 4096);
  for (let i = 0; i < looked; i++) {
    if (head[i] !== 0) continue;
    if (i % 2 === 0) even++;
    else odd++;
  }
  // Letters of the West have a zero byte each in UTF-16, always at the same side.
  if (odd > looked / 5 && even === 0) return "utf-16le";
  if (even > looked / 5 && odd === 0) return "utf-16be";
  return undefined;
}

/** Reads the whole file where its beginning does not tell: what is no UTF-8 was written by a spreadsheet of the West. */
export async function findEncoding(open: OpenBytes): Promise<Encoding> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let first = true;
  try {
    for await (const chunk of open()) {
      if (first) {
        const known = encodingOf(chunk);
        if (known !== undefined) return known;
        first = false;
      }
      decoder.decode(chunk, { stream: true });
    }
    decoder.decode();
    return "utf-8";
  } catch (error) {
    if (error instanceof TypeError) return "windows-1252";
    throw error;
  }
}

/**
 * A file's text in pieces, its byte order mark left out, its line ends as `\n`.
 * @throws DatasetError `bad-file` for a file that is no text
 */
export async function* textOf(open: OpenBytes, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let carry = "";
  for await (const chunk of open()) {
    const text = carry + decoder.decode(chunk, { stream: true });
    if (text.includes("\0")) throw noText();
    // A line end of two characters may be cut in two.
    carry = text.endsWith("\r") ? "\r" : "";
    const whole = carry === "" ? text : text.slice(0, -1);
    if (whole !== "") yield whole.includes("\r") ? whole.replaceAll(/\r\n?/g, "\n") : whole;
  }
  const last = carry + decoder.decode();
  if (last !== "") yield last.replaceAll(/\r\n?/g, "\n");
}

export function noText(): DatasetError {
  return new DatasetError("bad-file", "This file is not text.", "Save it as CSV, JSON Lines or XLSX.");
}
