import { createHash } from "node:crypto";

/** Counts and digests whole lines as they pass, and says when they are over. */
export class LineTally {
  readonly #hash = createHash("sha256");
  rows = 0;

  add(line: string): void {
    this.#hash.update(`${line}\n`);
    this.rows += 1;
  }

  digest(): { rows: number; sha256: string } {
    return { rows: this.rows, sha256: this.#hash.digest("hex") };
  }
}

/** Text in chunks of any size as lines without their ends. A last line without an end is one too. */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
