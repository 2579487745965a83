import type { Example } from "./samples.ts";
import type { TaskKind } from "./task-kind.ts";

/** The sentence that asks, where the person gave none. */
export function defaultInstruction(kind: TaskKind, labels: readonly string[]): string {
  return kind === "labels" ? `Choose one: ${[...labels].sort().join(", ")}` : "Answer the text.";
}

/** What the model is sent: the tuned one is called with the same words. */
export function promptOf(instruction: string, input: string, shots: readonly Example[] = []): string {
  const shown = shots.map((shot) => `Text: ${shot.input}\nAnswer: ${shot.output}\n`).join("");
  return shots.length === 0 ? `${instruction}\nText: ${input}` : `${instruction}\n${shown}Text: ${input}\nAnswer:`;
}

/** Examples to show beforehand: the labels in turn, so that each is shown while there is room. */
export function chooseShots(examples: readonly Example[], labels: readonly string[], count: number): Example[] {
  const left = new Map(labels.map((label) => [label, examples.filter(({ output }) => output === label)]));
  const shots: Example[] = [];
  for (let round = 0; shots.length < count; round++) {
    const before = shots.length;
    for (const label of labels) {
      const next = left.get(label)?.[round];
      if (next !== undefined && shots.length < count) shots.push(next);
    }
    if (shots.length === before) break;
  }
  return shots;
}
