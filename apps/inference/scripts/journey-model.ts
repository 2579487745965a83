/**
 * Makes the model that the journey of a task puts into the watched folder: stories260K, taught the very messages of
 * e2e/fixtures/queues.csv, so that it is better than what was there before on any machine.
 *
 * tsx --conditions=@tugboat/source apps/inference/scripts/journey-model.ts
 */
import { join } from "node:path";
import { batchOrder, openTrainer } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { promptOf } from "@tugboat/tuning";
import { Texts } from "@tugboat/tuning/run";
import { openRecords } from "../src/domain/datasets/open-file.ts";
import { draftFields, draftInstruction } from "../src/domain/tasks/draft.ts";
import { repositoryRoot } from "../src/env.ts";
import { writeMerged } from "../src/tuning/merged-file.ts";

const folder = join(repositoryRoot, "e2e/fixtures");
const steps = 260;
const batch = 8;

const { columns, records } = await openRecords(join(folder, "queues.csv"));
const rows: string[][] = [];
for await (const { fields } of records()) rows.push(columns.map((name) => String(fields[name] ?? "")));
const table = { columns, rows };
const instruction = draftInstruction(draftFields(table, ["queue"], ["message"]));
const source = await openModel(join(repositoryRoot, "models/stories260K/stories260K.gguf"));
const trainer = await openTrainer(source, {
  method: { kind: "full" },
  device: "cpu",
  threads: 2,
  optimizer: { learningRate: 2e-3 },
});
const texts = new Texts(source.files, trainer.info.contextLength);
const lessons = table.rows.map(([message = "", queue = ""]) => {
  const answer = texts.answer(queue);
  const prompt = texts.prompt((input) => promptOf(instruction, input), message, answer.length);
  return texts.text(prompt, answer);
});
for (let step = 0; step < steps; step++) {
  const chosen = batchOrder(lessons.length, batch, 1, step).map((at) => lessons[at]!);
  const { loss } = await trainer.train({ kind: "supervised", texts: chosen });
  if (step % 20 === 19) console.error(`step ${step + 1}: ${loss.toFixed(4)}`);
  if (loss < 2e-4) break;
}
await writeMerged(await trainer.merged(), join(folder, "queues-260k.gguf"), "queues-260k", "f16");
await trainer.close();
