export interface DiffPart {
  readonly value: string;
  readonly added: boolean;
  readonly removed: boolean;
}

export interface DiffLine {
  readonly key: string;
  readonly kind: "same" | "added" | "removed";
  readonly words: readonly { readonly key: string; readonly text: string; readonly changed: boolean }[];
}

/** Longer lines are marked whole: their words would take too long to compare. */
const longestLine = 2000;

/**
 * The lines to show for a difference by lines. Where as many lines were put in as taken out, each is compared by words
 * with the one that it replaces.
 */
export function diffView(
  parts: readonly DiffPart[],
  byWords: (before: string, after: string) => readonly DiffPart[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  const whole = (kind: DiffLine["kind"], text: string): void => {
    lines.push({ key: String(lines.length), kind, words: [{ key: "0", text, changed: false }] });
  };
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined) continue;
    const next = parts[i + 1];
    const own = linesOf(part.value);
    if (part.removed && next?.added) {
      const others = linesOf(next.value);
      i++;
      const comparable =
        own.length === others.length && [...own, ...others].every(({ length }) => length < longestLine);
      if (!comparable) {
        for (const text of own) whole("removed", text);
        for (const text of others) whole("added", text);
        continue;
      }
      const compared = own.map((text, at) => byWords(text, others[at] ?? ""));
      for (const words of compared) lines.push(side("removed", words, lines.length));
      for (const words of compared) lines.push(side("added", words, lines.length));
      continue;
    }
    for (const text of own) whole(part.added ? "added" : part.removed ? "removed" : "same", text);
  }
  return lines;
}

export interface DiffRow {
  readonly key: string;
  /** Absent where nothing stood. */
  readonly before?: DiffLine;
  readonly after?: DiffLine;
}

/** The same lines in two columns: what was taken out beside what came in its place. */
export function sideBySide(lines: readonly DiffLine[]): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const settle = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      const [before, after] = [removed[i], added[i]];
      rows.push({ key: String(rows.length), ...(before && { before }), ...(after && { after }) });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "removed" && added.length > 0) settle();
    if (line.kind === "removed") removed.push(line);
    else if (line.kind === "added") added.push(line);
    else {
      settle();
      rows.push({ key: String(rows.length), before: line, after: line });
    }
  }
  settle();
  return rows;
}

function side(kind: "added" | "removed", words: readonly DiffPart[], at: number): DiffLine {
  const own = words.filter((word) => (kind === "added" ? !word.removed : !word.added));
  return {
    key: String(at),
    kind,
    words: own.map(({ added, removed, value }, index) => ({
      key: String(index),
      text: value,
      changed: added || removed,
    })),
  };
}

/** A line end at the end of the text ends its last line; it begins no further one. */
function linesOf(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}
