import type { BatchInput } from "./batch-buffers.ts";
import { type Row, RowList } from "./rows.ts";
import type { Question } from "./types.ts";

/** Questions of one micro-batch: `spans` says where each answer's losses lie. */
export interface PackedQuestions {
  readonly input: BatchInput;
  readonly spans: readonly (readonly { readonly start: number; readonly count: number }[])[];
}

/** Rows that a question takes: its prompt once, and each answer with the prompt's last token before it. */
export function questionRows({ answers, prompt }: Question): number {
  return prompt.length - 1 + answers.reduce((sum, answer) => sum + answer.length, 0);
}

/**
 * Puts each prompt once, and its answers behind it as branches: an answer sees the prompt and itself, none of the others,
 * and stands at the positions where it would stand alone.
 */
export function packQuestions(questions: readonly Question[], maxRows: number): PackedQuestions[] {
  const batches: Question[][] = [];
  let room = 0;
  for (const question of questions) {
    const rows = questionRows(question);
    if (rows > room || batches.length === 0) {
      batches.push([]);
      room = maxRows;
    }
    batches.at(-1)!.push(question);
    room -= rows;
  }
  return batches.map((part) => packPart(part, maxRows));
}

function packPart(questions: readonly Question[], maxRows: number): PackedQuestions {
  const list = new RowList();
  const spans = questions.map(({ answers, prompt }) => {
    const start = list.length;
    const shared = prompt.length - 1;
    const rows: Row[] = prompt.slice(0, -1).map((token, position) => ({ token, position, target: undefined }));
    let loss = list.losses;
    const places = answers.map((answer) => {
      const hidden: [number, number] = [start + shared, start + rows.length];
      for (const [i, target] of answer.entries()) {
        const token = i === 0 ? prompt[shared]! : answer[i - 1]!;
        rows.push({ token, position: shared + i, target, hidden });
      }
      const place = { start: loss, count: answer.length };
      loss += answer.length;
      return place;
    });
    list.addText(rows);
    return places;
  });
  return { input: list.input(maxRows), spans };
}
