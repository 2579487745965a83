/** A linear classifier: what it says of a vector, as the position of a class. */
export type Classifier = (vector: ArrayLike<number>) => number;

/** The same, as the chance of each class. */
export type Chances = (vector: ArrayLike<number>) => number[];

/** A classifier that says the likeliest class. */
export function fitLogistic(
  vectors: readonly ArrayLike<number>[],
  classes: readonly number[],
  classCount: number,
  options: { readonly penalty?: number; readonly steps?: number } = {},
): Classifier {
  const chances = fitChances(vectors, classes, classCount, options);
  return (vector) => {
    const all = chances(vector);
    return all.indexOf(Math.max(...all));
  };
}

/**
 * Multinomial logistic regression with an L2 penalty on standardised features, by gradient descent with Nesterov's
 * momentum from zero: no randomness, so the same vectors always give the same classifier.
 * @param vectors `[n][dimensions]`
 * @param classes of each vector, from 0
 */
export function fitChances(
  vectors: readonly ArrayLike<number>[],
  classes: readonly number[],
  classCount: number,
  { penalty = 0.05, steps = 300 } = {},
): Chances {
  const n = vectors.length;
  const width = vectors[0]?.length ?? 0;
  const { centre, scale } = standard(vectors, width);
  const features = vectors.map((vector) => prepare(vector, centre, scale));
  const weights = new Float64Array(classCount * (width + 1));
  const velocity = new Float64Array(weights.length);
  const ahead = new Float64Array(weights.length);
  // The gradient's Lipschitz constant is at most half the mean squared length (Böhning 1992), and the penalty.
  const squared = features.reduce((sum, one) => sum + dot(one, one, 0), 0) / Math.max(1, n);
  const rate = 1 / (0.5 * (squared + 1) + penalty);
  for (let step = 0; step < steps; step++) {
    const momentum = step / (step + 3);
    for (let i = 0; i < weights.length; i++) ahead[i] = weights[i]! + momentum * velocity[i]!;
    const gradient = new Float64Array(weights.length);
    for (const [row, feature] of features.entries()) {
      const chances = softmax(scores(feature, ahead, classCount, width));
      for (let c = 0; c < classCount; c++) {
        const error = (chances[c]! - (classes[row] === c ? 1 : 0)) / n;
        const base = c * (width + 1);
        for (let j = 0; j < width; j++) gradient[base + j]! += error * feature[j]!;
        gradient[base + width]! += error;
      }
    }
    for (let i = 0; i < weights.length; i++) {
      const isBias = i % (width + 1) === width;
      const slope = gradient[i]! + (isBias ? 0 : penalty * ahead[i]!);
      const next = ahead[i]! - rate * slope;
      velocity[i] = next - weights[i]!;
      weights[i] = next;
    }
  }
  return (vector) => softmax(scores(prepare(vector, centre, scale), weights, classCount, width));
}

function standard(vectors: readonly ArrayLike<number>[], width: number) {
  const centre = new Float64Array(width);
  const scale = new Float64Array(width);
  for (const vector of vectors) for (let j = 0; j < width; j++) centre[j]! += vector[j]! / vectors.length;
  for (const vector of vectors) {
    for (let j = 0; j < width; j++) scale[j]! += (vector[j]! - centre[j]!) ** 2 / vectors.length;
  }
  // Divided by √width too, so that a text's length is about 1 and the penalty means the same for every model.
  for (let j = 0; j < width; j++) scale[j] = Math.sqrt(Math.max(scale[j]!, 1e-12) * width);
  return { centre, scale };
}

function prepare(vector: ArrayLike<number>, centre: Float64Array, scale: Float64Array): Float64Array {
  return Float64Array.from({ length: centre.length }, (_, j) => (vector[j]! - centre[j]!) / scale[j]!);
}

function dot(a: Float64Array, b: Float64Array, offset: number): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[offset + j]!;
  return sum;
}

function scores(feature: Float64Array, weights: Float64Array, classCount: number, width: number): number[] {
  return Array.from({ length: classCount }, (_, c) => {
    const base = c * (width + 1);
    return dot(feature, weights, base) + weights[base + width]!;
  });
}

function softmax(values: readonly number[]): number[] {
  const most = Math.max(...values);
  const raised = values.map((value) => Math.exp(value - most));
  const sum = raised.reduce((total, one) => total + one, 0);
  return raised.map((one) => one / sum);
}

/** Which known vector is nearest by the cosine: its position. */
export function nearest(known: readonly ArrayLike<number>[], vector: ArrayLike<number>): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (const [index, one] of known.entries()) {
    let product = 0;
    let length = 0;
    for (let j = 0; j < one.length; j++) {
      product += one[j]! * vector[j]!;
      length += one[j]! * one[j]!;
    }
    const cosine = product / Math.sqrt(Math.max(length, 1e-24));
    if (cosine > most) [best, most] = [index, cosine];
  }
  return best;
}

/**
 * Examples whose own label a classifier that never saw them disagrees with, in each of `folds` parts: labels that may be
 * wrong. Positions.
 */
export function suspectLabels(
  vectors: readonly ArrayLike<number>[],
  classes: readonly number[],
  classCount: number,
  folds = 5,
): { index: number; says: number }[] {
  const out: { index: number; says: number }[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const kept = classes.flatMap((_, i) => (i % folds === fold ? [] : [i]));
    if (kept.length < 2) continue;
    const classify = fitLogistic(
      kept.map((i) => vectors[i]!),
      kept.map((i) => classes[i]!),
      classCount,
      { steps: 150 },
    );
    for (let i = fold; i < classes.length; i += folds) {
      const says = classify(vectors[i]!);
      if (says !== classes[i]) out.push({ index: i, says });
    }
  }
  return out.sort((a, b) => a.index - b.index);
}
