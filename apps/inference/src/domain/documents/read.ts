import { createHash } from "node:crypto";
import type { NewDocument } from "@tugboat/db";
import { encodingOf } from "@tugboat/records";
import { DocumentError } from "./errors.ts";
import { passagesOf } from "./passages.ts";

/** Of one document. */
export const mostDocumentBytes = 5_000_000;
export const mostPassages = 20_000;

/**
 * A file as a document of passages.
 * @throws DocumentError that names the file
 */
export function readDocument(name: string, bytes: Uint8Array): NewDocument {
  const clean = name
    .replaceAll("\\", "/")
    .replace(/^(?:\.\/|\/)+/, "")
    .trim();
  if (clean === "" || clean.length > 300 || clean.split("/").includes("..") || hasControl(clean)) {
    throw new DocumentError(
      "bad-document",
      `"${clean.slice(0, 60)}" is no name for a document.`,
      "A name is a path such as guides/engineer.md.",
    );
  }
  if (bytes.byteLength > mostDocumentBytes) {
    throw new DocumentError(
      "too-large",
      `${clean} has ${Math.round(bytes.byteLength / 1e5) / 10} MB; a document has at most ${mostDocumentBytes / 1e6} MB.`,
      "Split it into parts.",
    );
  }
  if (bytes[0] === 0x25 && bytes[1] === 0x50 && bytes[2] === 0x44 && bytes[3] === 0x46) {
    throw new DocumentError("bad-document", `${clean} is a PDF.`, "Save its text: pdftotext file.pdf file.txt.");
  }
  const text = readText(clean, bytes);
  if (text.trim() === "") throw new DocumentError("bad-document", `${clean} is empty.`, "Leave it out.");
  const passages = passagesOf(text);
  if (passages.length > mostPassages) {
    throw new DocumentError("too-large", `${clean} has more than ${mostPassages} passages.`, "Split it into parts.");
  }
  return { name: clean, digest: createHash("sha256").update(text).digest("hex"), characters: text.length, passages };
}

function readText(name: string, bytes: Uint8Array): string {
  const text = decode(bytes).replaceAll(/\r\n?/g, "\n");
  // A file of other bytes can be read as Windows-1252 too; letters are few in it.
  const odd = [...text.slice(0, 4000)].filter((one) => isControl(one.codePointAt(0) ?? 0)).length;
  if (odd > Math.min(text.length, 4000) / 100) {
    throw new DocumentError("bad-document", `${name} is not text.`, "Documents are Markdown or plain text.");
  }
  return text;
}

function hasControl(text: string): boolean {
  return [...text].some((one) => isControl(one.codePointAt(0) ?? 0));
}

function isControl(code: number): boolean {
  return (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160);
}

/** What tells no encoding is UTF-8, or else Windows-1252. */
function decode(bytes: Uint8Array): string {
  const known = encodingOf(bytes);
  if (known !== undefined) return new TextDecoder(known).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
