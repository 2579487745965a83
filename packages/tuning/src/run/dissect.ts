import { clusterMistakes } from "../clusters.ts";
import { learningCurve } from "../learning-curve.ts";
import { nearest } from "../logistic.ts";
import type { RunReport } from "../report.ts";
import type { RunContext } from "./context.ts";
import { keptVectors } from "./plain-baselines.ts";
import type { Answer, Fit } from "./state.ts";

const mostWrong = 200;
const mostSuspects = 50;
const mostWorth = 8;
/** The answer's lead over the next below which a model wavers. */
const wavering = 0.2;

type Dissection = Pick<RunReport, "wrong" | "suspects" | "clusters" | "worth" | "curve">;

/** What went wrong, what it has in common, what in the examples may be wrong themselves, and what would help. */
export async function dissect(
  context: RunContext,
  answers: readonly Answer[],
  fits: readonly Fit[],
): Promise<Dissection> {
  const { heldOut, kind, spec, state } = context;
  const vectors = await keptVectors(context);
  const mistakes = heldOut
    .flatMap(({ input, output }, i) => {
      const { score, text } = answers[i]!;
      return score < 1 ? [{ input, expected: output, answer: text, score, position: state.heldOut[i]! }] : [];
    })
    .sort((a, b) => a.score - b.score)
    .slice(0, mostWrong);
  const clusters =
    vectors.length === 0
      ? []
      : clusterMistakes(
          mistakes.map((one) => ({ ...one, vector: vectors[one.position]! })),
          spec.examples.map(({ input }, i) => ({ input, vector: vectors[i]! })),
        );
  const said = new Map(state.heldOut.map((position, i) => [position, answers[i]!.text]));
  const suspects = (state.suspects ?? []).map(({ index, says }) => {
    const { input, output } = spec.examples[index]!;
    return { input, label: output, says, both: said.get(index) === says };
  });
  return {
    wrong: mistakes.map(({ answer, expected, input, score }) => ({ input, expected, answer, score })),
    clusters: clusters.map((one) => ({ ...one, words: [...one.words], members: [...one.members] })),
    suspects: suspects.sort((a, b) => Number(b.both) - Number(a.both)).slice(0, mostSuspects),
    worth: kind === "labels" ? worthAdding(context, answers, vectors) : [],
    curve: curveOf(context, fits),
  };
}

/** What the model wavers on, and what lies farthest from all others: uncertainty, then coverage (Settles 2009). */
function worthAdding(
  { heldOut, labels, spec, state }: RunContext,
  answers: readonly Answer[],
  vectors: readonly Float32Array[],
): Dissection["worth"] {
  const weighed = heldOut.map(({ input }, i) => {
    const { chances = [] } = answers[i]!;
    const order = chances.map((_, label) => label).sort((a, b) => chances[b]! - chances[a]!);
    const [first = 0, second = 0] = order;
    const lead = (chances[first] ?? 0) - (chances[second] ?? 0);
    return { input, answer: labels[first]!, other: labels[second]!, sure: chances[first] ?? 0, lead, i };
  });
  const wavers = weighed
    .filter(({ lead }) => lead < wavering)
    .sort((a, b) => a.lead - b.lead)
    .slice(0, mostWorth / 2)
    .map((one) => ({ ...one, why: "wavers" as const }));
  const lonely =
    vectors.length === 0
      ? []
      : weighed
          .filter(({ i }) => wavers.every((one) => one.i !== i))
          .map((one) => ({ ...one, near: nearness(vectors, state.heldOut[one.i]!), why: "nothing like it" as const }))
          .sort((a, b) => a.near - b.near)
          .slice(0, Math.min(mostWorth / 2, Math.ceil(spec.examples.length / 20)));
  return [...wavers, ...lonely].map(({ answer, input, other, sure, why }) => ({ input, answer, other, sure, why }));
}

/** The cosine to the nearest other example. */
function nearness(vectors: readonly Float32Array[], position: number): number {
  const own = vectors[position]!;
  const others = vectors.filter((_, i) => i !== position);
  const close = others[nearest(others, own)];
  if (close === undefined) return 1;
  let [dot, a, b] = [0, 0, 0];
  for (let j = 0; j < own.length; j++) {
    dot += own[j]! * close[j]!;
    a += own[j]! ** 2;
    b += close[j]! ** 2;
  }
  return dot / Math.sqrt(Math.max(a * b, 1e-24));
}

/** Of the examples that were asked of a model of half of the rest, too. */
function curveOf({ spec, state }: RunContext, fits: readonly Fit[]): Dissection["curve"] {
  const halves = state.fits.filter(({ isDone, name }) => isDone && name.startsWith("half-"));
  if (halves.length === 0) return null;
  const whole = new Map(
    fits.flatMap((one) => one.answers.map(({ answer, position }) => [position, answer.score] as const)),
  );
  const both = halves.flatMap((one) => one.answers).filter(({ position }) => whole.has(position));
  const size = (of: readonly Fit[]) => Math.round(of.reduce((sum, one) => sum + one.size, 0) / Math.max(1, of.length));
  if (both.length === 0) return null;
  const curve = learningCurve(
    { size: size(halves), scores: both.map(({ answer }) => answer.score) },
    { size: size(fits), scores: both.map(({ position }) => whole.get(position)!) },
    spec.examples.length,
  );
  return { ...curve, points: [...curve.points] };
}
