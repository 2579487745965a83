import type { NewPassage } from "@tugboat/db";

/** A passage is filled up to here, in characters: about two paragraphs, which fit a small model's window. */
const wanted = 900;
/** A block of lines longer than this is cut. */
const most = 1400;

interface Block {
  readonly heading: string;
  readonly fromLine: number;
  readonly lines: readonly string[];
}

/**
 * Cuts a text of Markdown, or of paragraphs, into passages: never across a heading, within a block of code only when that
 * is too long, each with the headings that it stands under.
 */
export function passagesOf(text: string): NewPassage[] {
  const passages: NewPassage[] = [];
  let open: Block[] = [];
  const close = () => {
    const [first] = open;
    const last = open.at(-1);
    if (first !== undefined && last !== undefined) {
      passages.push({
        heading: first.heading,
        text: open.map(({ lines }) => lines.join("\n")).join("\n\n"),
        fromLine: first.fromLine,
        toLine: last.fromLine + last.lines.length - 1,
      });
    }
    open = [];
  };
  for (const block of blocksOf(text)) {
    const length = open.reduce((sum, one) => sum + sizeOf(one), 0);
    if (open[0]?.heading !== block.heading || length + sizeOf(block) > wanted) close();
    open.push(block);
  }
  close();
  return passages;
}

function sizeOf({ lines }: Block): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** Paragraphs, lists, tables and blocks of code, with their headings. */
function* blocksOf(text: string): Generator<Block> {
  const headings: string[] = [];
  let lines: string[] = [];
  let fromLine = 1;
  let fence: string | undefined;
  const heading = () => headings.filter((one) => one !== "").join(" › ");
  const take = function* (): Generator<Block> {
    if (lines.some((line) => line.trim() !== "")) yield* cut({ heading: heading(), fromLine, lines });
    lines = [];
  };
  for (const [i, line] of text.split("\n").entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    const [, level, title] = (fence === undefined && /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)) || [];
    if (level !== undefined && title !== undefined) {
      yield* take();
      headings.length = level.length - 1;
      for (let k = 0; k < headings.length; k++) headings[k] ??= "";
      headings[level.length - 1] = title;
    } else if (fence === undefined && line.trim() === "") {
      yield* take();
    } else {
      if (lines.length === 0) fromLine = i + 1;
      lines.push(line);
    }
    if (mark !== undefined) fence = fence === undefined ? mark.slice(0, 3) : mark.startsWith(fence) ? undefined : fence;
  }
  yield* take();
}

/** Cuts what is too long at a line, and a line that is too long at a space. */
function* cut(block: Block): Generator<Block> {
  if (sizeOf(block) <= most) {
    yield block;
    return;
  }
  let lines: string[] = [];
  let { fromLine } = block;
  for (const [i, whole] of block.lines.entries()) {
    for (const line of pieces(whole)) {
      if (lines.length > 0 && sizeOf({ ...block, lines }) + line.length > wanted) {
        yield { ...block, fromLine, lines };
        lines = [];
      }
      if (lines.length === 0) fromLine = block.fromLine + i;
      lines.push(line);
    }
  }
  if (lines.length > 0) yield { ...block, fromLine, lines };
}

function pieces(line: string): string[] {
  const out: string[] = [];
  let rest = line;
  while (rest.length > most) {
    const space = rest.lastIndexOf(" ", wanted);
    const end = space > wanted / 2 ? space : wanted;
    out.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  out.push(rest);
  return out;
}
