import type { Engine } from "@tugboat/engine";
import { fitLogistic, nearest, suspectLabels } from "../logistic.ts";
import { scoreOf } from "./ask.ts";
import type { RunContext } from "./context.ts";

const vectorsFile = "vectors.f32";
/** Past so many, wrong labels are not looked for. */
const mostSuspected = 2000;

/** What needs no language model that writes: the most frequent label, the nearest example, a linear classifier. */
export async function measurePlain(context: RunContext, engine: Engine): Promise<void> {
  const { kind, labels, spec, state } = context;
  const vectors = await embedAll(context, engine);
  state.suspects = [];
  if (kind === "pairs") return;
  const classes = spec.examples.map(({ output }) => labels.indexOf(output));
  const answers = new Map<string, Map<number, string>>();
  const say = (name: string, position: number, text: string) => {
    const said = answers.get(name) ?? new Map<number, string>();
    answers.set(name, said.set(position, text));
  };
  for (const { test, train } of context.parts) {
    const known = train.map((position) => vectors[position]!);
    for (const position of test) {
      const closest = train[nearest(known, vectors[position]!)]!;
      say("nearest neighbour", position, spec.examples[closest]!.output);
    }
    if (kind !== "labels") continue;
    const learnt = train.map((position) => classes[position]!);
    const classify = fitLogistic(known, learnt, labels.length);
    const count = (label: number) => learnt.filter((one) => one === label).length;
    const most = labels.reduce((best, _, i) => (count(i) > count(best) ? i : best), 0);
    for (const position of test) {
      say("linear classifier", position, labels[classify(vectors[position]!)]!);
      say("majority class", position, labels[most]!);
    }
  }
  for (const [name, said] of answers) {
    if (context.baseline(name) !== undefined) continue;
    const scored = state.heldOut.map((position) => {
      const text = said.get(position) ?? "";
      return { text, score: scoreOf(context, text, spec.examples[position]!.output) };
    });
    state.baselines.push({ name, answers: scored });
  }
  if (kind === "labels" && spec.examples.length <= mostSuspected) {
    state.suspects = suspectLabels(vectors, classes, labels.length).map(({ index, says }) => ({
      index,
      says: labels[says]!,
    }));
  }
}

/** Mean hidden states of every example's text; kept beside the checkpoints. */
async function embedAll(context: RunContext, engine: Engine): Promise<Float32Array[]> {
  const { examples } = context.spec;
  const vectors: Float32Array[] = [];
  for (const { input } of examples) {
    const tokens = engine.tokenize(input, { bos: true }).slice(0, engine.info.contextLength);
    vectors.push(await engine.embed(tokens.length > 0 ? tokens : engine.tokenize("-")));
    context.tell({ stage: "measuring plain baselines", done: vectors.length, total: examples.length });
  }
  const width = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * width);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * width);
  await context.write(() => context.place.write(vectorsFile, new Uint8Array(all.buffer)));
  return vectors;
}

/** The vectors that `measurePlain` left, of each example. */
export async function keptVectors(context: RunContext): Promise<Float32Array[]> {
  const bytes = await context.place.read(vectorsFile);
  const count = context.spec.examples.length;
  if (bytes === undefined || bytes.length === 0 || bytes.length % (4 * count) !== 0) return [];
  const width = bytes.length / 4 / count;
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width));
}
