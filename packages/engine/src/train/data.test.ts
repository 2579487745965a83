import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distinctTokens } from "./batch-buffers.ts";
import { answerText, batchOrder, streamTexts } from "./loop.ts";
import { lossWeights, unitsOf } from "./objective.ts";
import { chunksOf } from "./output-head.ts";
import { packGroups } from "./packing.ts";
import { scheduleFactor } from "./schedule.ts";
import { type Instruction, planScratch, type Scratch } from "./tensors.ts";
import type { TrainingBatch } from "./types.ts";

describe("batchOrder", () => {
  it("takes every item once an epoch, the same whoever asks", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), fc.nat(), (count, size, seed) => {
        const steps = Array.from({ length: count * 2 }, (_, step) => batchOrder(count, size, seed, step)).flat();
        for (let epoch = 0; epoch < 2; epoch++) {
          const items = steps.slice(epoch * count, (epoch + 1) * count).sort((a, b) => a - b);
          expect(items).toEqual(Array.from({ length: count }, (_, i) => i));
        }
      }),
    );
    expect(batchOrder(50, 50, 1, 0)).not.toEqual(batchOrder(50, 50, 2, 0));
    expect(batchOrder(50, 50, 1, 0)).not.toEqual(batchOrder(50, 50, 1, 1));
  });

  it("cuts a stream into windows that share their ends", () => {
    const stream = Array.from({ length: 21 }, (_, i) => i);
    const texts = streamTexts(stream, { length: 5, batchSize: 4, seed: 3 }, 0);
    const sorted = texts.map(({ tokens }) => tokens).sort((a, b) => a[0]! - b[0]!);
    expect(sorted.map((tokens) => [tokens[0], tokens.at(-1)])).toEqual([
      [0, 5],
      [5, 10],
      [10, 15],
      [15, 20],
    ]);
    expect(() => streamTexts([1, 2], { length: 5, batchSize: 1, seed: 0 }, 0)).toThrow("needs 6");
  });
});

describe("scheduleFactor", () => {
  it("warms up, then falls along half a cosine to its floor", () => {
    const schedule = { kind: "cosine", steps: 10, warmup: 2, floor: 0.2 } as const;
    const factors = [0, 1, 2, 6, 10, 99].map((done) => scheduleFactor(schedule, done));
    [0.5, 1, 1, 0.6, 0.2, 0.2].forEach((expected, i) => {
      expect(factors[i]).toBeCloseTo(expected, 12);
    });
    const trapezoid = { kind: "trapezoid", steps: 10, hold: 0.5, warmup: 2, floor: 0.1 } as const;
    const slopes = [0, 4, 5, 6, 8, 10].map((done) => scheduleFactor(trapezoid, done));
    [0.5, 1, 1, 0.8, 0.4, 0.1].forEach((expected, i) => {
      expect(slopes[i]).toBeCloseTo(expected, 12);
    });
    expect(scheduleFactor({ kind: "constant", warmup: 4 }, 1)).toBe(0.5);
    expect(scheduleFactor({ kind: "constant" }, 0)).toBe(1);
  });
});

describe("packGroups", () => {
  const text = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 20 }).chain((tokens) =>
    fc.record({
      tokens: fc.constant(tokens),
      weights: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: tokens.length, maxLength: tokens.length }),
    }),
  );

  it("keeps every text whole, apart from the others, with its losses where they belong", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), (texts) => {
        const micros = packGroups(
          texts.map((one) => ({ texts: [one] })),
          32,
        );
        let next = 0;
        for (const { groups, spans, input, tokens } of micros) {
          expect(input.shape.rows).toBeLessThanOrEqual(32);
          let row = 0;
          groups.forEach((group, i) => {
            const one = group.texts[0]!;
            expect(one).toBe(texts[next++]);
            const rows = one.tokens.length - 1;
            expect([...input.tokens.subarray(row, row + rows)]).toEqual(one.tokens.slice(0, -1));
            for (let j = 0; j < rows; j++) {
              expect(input.positions[row + j]).toBe(j);
              expect([...input.segments.subarray(2 * (row + j), 2 * (row + j) + 2)]).toEqual([row, row + rows]);
            }
            const { start, count } = spans[i]![0]!;
            const learnt = one.tokens.flatMap((_, j) => (j > 0 && one.weights[j] !== 0 ? [j] : []));
            expect(count).toBe(learnt.length);
            learnt.forEach((j, at) => {
              expect(input.lossRows[start + at]).toBe(row + j - 1);
              expect(input.targets[start + at]).toBe(one.tokens[j]);
              expect(input.places[row + j - 1]).toBe(start + at);
            });
            row += rows;
          });
          expect(row).toBe(tokens);
          for (let rest = row; rest < input.shape.rows; rest++) expect(input.segments[2 * rest]).toBe(row);
        }
        expect(next).toBe(texts.length);
      }),
    );
  });

  it("answerText learns the answer alone", () => {
    expect([...lossWeights(answerText([5, 6, 7], [8, 9]))]).toEqual([1, 1]);
    const [micro] = packGroups([{ texts: [answerText([5, 6, 7], [8, 9])] }], 32);
    expect([...micro!.input.targets.subarray(0, 2)]).toEqual([8, 9]);
  });
});

describe("objectives", () => {
  const texts = [3, 2].map((length) => ({ tokens: Array.from({ length: length + 1 }, (_, i) => i) }));
  const pairs = [
    { chosen: texts[0]!, rejected: texts[1]!, reference: { chosen: -4, rejected: -3 } },
    { chosen: texts[1]!, rejected: texts[0]!, reference: { chosen: -2, rejected: -9 } },
  ];
  const batches: TrainingBatch[] = [
    { kind: "supervised", texts: [...texts, { ...texts[0]!, weights: [0, 0.5, 0, 2] }] },
    { kind: "dpo", pairs, beta: 0.7 },
    { kind: "simpo", pairs, beta: 2, gamma: 0.5 },
  ];

  it.each(batches)("$kind: weights are minus the derivative of the loss", (batch) => {
    for (const unit of unitsOf(batch)) {
      const logprobs = unit.texts.map((text, i) => lossWeights(text).map((_, j) => -1 - 0.3 * j - 0.2 * i));
      const { weights } = unit.settle(logprobs);
      logprobs.forEach((list, i) => {
        list.forEach((_, j) => {
          const lossAt = (shift: number) => {
            const moved = logprobs.map((other) => Float32Array.from(other));
            moved[i]![j]! += shift;
            return unit.settle(moved).loss;
          };
          expect(weights[i]![j]).toBeCloseTo(-(lossAt(1e-2) - lossAt(-1e-2)) / 2e-2, 3);
        });
      });
    }
  });

  it("losses add up to the mean", () => {
    const even = (batch: TrainingBatch) =>
      unitsOf(batch).reduce((sum, unit) => {
        return sum + unit.settle(unit.texts.map((text) => lossWeights(text).map(() => -2))).loss;
      }, 0);
    expect(even({ kind: "supervised", texts })).toBeCloseTo(2, 6);
    expect(even({ kind: "simpo", pairs, gamma: 0 })).toBeCloseTo(Math.log(2), 6);
  });
});

describe("memory of a step", () => {
  it("never gives one buffer to two scratches that are needed at once", () => {
    const steps = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }), { maxLength: 30 });
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(steps, sizes, (uses, bytes) => {
        const all: Scratch[] = bytes.map((size, i) => ({ label: `${i}`, bytes: size * 100 }));
        const instructions: Instruction[] = uses.map((list) => ({
          touches: list.map((i) => all[i]!),
          record: () => undefined,
        }));
        const { places, sizes: buffers } = planScratch(instructions);
        const spanOf = (i: number) => {
          const at = uses.flatMap((list, step) => (list.includes(i) ? [step] : []));
          return [at[0]!, at.at(-1)!] as const;
        };
        const used = [...new Set(uses.flat())];
        for (const i of used) {
          expect(buffers[places.get(all[i]!)!]).toBeGreaterThanOrEqual(all[i]!.bytes);
          for (const j of used) {
            if (i === j || places.get(all[i]!) !== places.get(all[j]!)) continue;
            const [a, b] = [spanOf(i), spanOf(j)];
            expect(a[1] < b[0] || b[1] < a[0]).toBe(true);
          }
        }
      }),
    );
  });

  it("cuts the vocabulary into chunks that start where bindings can", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 4000 }), (vocabulary, bytes) => {
        const chunks = chunksOf(vocabulary, bytes, 400_000);
        expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(vocabulary);
        let first = 0;
        for (const { firstRow, rows } of chunks) {
          expect(firstRow).toBe(first);
          expect(firstRow % 64).toBe(0);
          expect(rows * bytes <= 400_000 || rows <= 64).toBe(true);
          first += rows;
        }
      }),
    );
  });

  it("lists each token's rows in order", () => {
    const { tokens, starts, order } = distinctTokens(Uint32Array.of(7, 2, 7, 0, 2, 7));
    expect([...tokens]).toEqual([0, 2, 7]);
    expect([...starts]).toEqual([0, 1, 3, 6]);
    expect([...order]).toEqual([3, 1, 4, 0, 2, 5]);
  });
});
