import { TuningError } from "./errors.ts";

/**
 * A file's text, whatever wrote it: UTF-8 or UTF-16 with a byte order mark, UTF-16 without one, else UTF-8, else
 * Windows-1252, which spreadsheets of the West write. Line ends become `\n`.
 * @throws TuningError `bad-samples` for a file that is no text
 */
export function textOf(bytes: Uint8Array): string {
  const text = decode(bytes).replace(/^\uFEFF/, "");
  if (text.includes("\0")) {
    throw new TuningError(
      "bad-samples",
      bytes[0] === 0x50 && bytes[1] === 0x4b
        ? "This is a spreadsheet or an archive, not text."
        : "This file is not text.",
      "Save it as CSV, or copy the cells and paste them.",
    );
  }
  return text.replaceAll(/\r\n?/g, "\n");
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, 4096);
  for (let i = 0; i < looked; i++) if (bytes[i] === 0) zeros[i % 2]! += 1;
  // Letters of the West have a zero byte each in UTF-16, always at the same side.
  if (zeros[1]! > looked / 5 && zeros[0] === 0) return new TextDecoder("utf-16le").decode(bytes);
  if (zeros[0]! > looked / 5 && zeros[1] === 0) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
