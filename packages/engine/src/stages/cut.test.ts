import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readArchitecture } from "../architectures/registry.ts";
import { type RandomFamily, randomConfigs } from "../formats/testing/random-configs.ts";
import { randomModel } from "../formats/testing/random-model.ts";
import { planModel } from "../load.ts";
import { resolveTensors } from "../weights/resolve.ts";
import { cutModel } from "./cut.ts";

const anyCuts = fc.record({ layers: fc.integer({ min: 1, max: 40 }), embedding: fc.boolean(), head: fc.boolean() });

describe("cutModel", () => {
  it("gives every layer to one stage, in order and evenly, with one beginning and one end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), anyCuts, (layers, cuts) => {
        fc.pre(cuts.layers <= layers);
        const stages = cutModel(layers, cuts);
        let next = 0;
        for (const stage of stages.filter((one) => one.layers > 0)) {
          expect(stage.firstLayer).toBe(next);
          next += stage.layers;
        }
        expect(next).toBe(layers);
        const sizes = stages.flatMap((stage) => (stage.layers > 0 ? [stage.layers] : []));
        expect(sizes).toHaveLength(cuts.layers);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(stages.map(({ embedding }) => embedding)).toEqual(stages.map((_, i) => i === 0));
        expect(stages.map(({ head }) => head)).toEqual(stages.map((_, i) => i === stages.length - 1));
        expect(stages).toHaveLength(cuts.layers + Number(cuts.embedding) + Number(cuts.head));
      }),
    );
  });

  it.each([0, 5, 1.5])("refuses %d parts of four layers", (layers) => {
    expect(() => cutModel(4, { layers, embedding: false, head: false })).toThrow(/4 layers/);
  });
});

describe.each(Object.keys(randomConfigs) as RandomFamily[])("a cut %s", (family) => {
  it("computes what the whole does, instruction by instruction, and reads every weight once", async () => {
    const files = randomModel(family);
    const { architecture, hyperparameters } = await readArchitecture(files);
    const tensors = resolveTensors(files, architecture, hyperparameters);
    const plan = (stage?: Parameters<typeof planModel>[4]) =>
      planModel(architecture, hyperparameters, tensors, 8, stage);
    const whole = plan();
    const cuts = { layers: hyperparameters.layers, embedding: true, head: true };
    const parts = cutModel(hyperparameters.layers, cuts).map(plan);
    expect(parts.flatMap(({ instructions }) => instructions.map(({ op }) => op))).toEqual(
      whole.instructions.map(({ op }) => op),
    );
    const labels = parts.flatMap(({ weights }) => weights.map(({ label }) => label));
    // A head that is the embedding again is in two stages.
    expect(new Set(labels)).toEqual(new Set(whole.weights.map(({ label }) => label)));
    expect(parts.reduce((sum, { layers }) => sum + layers, 0)).toBe(hyperparameters.layers);
    expect(parts.map(({ rowsIn }) => rowsIn !== undefined)).toEqual(parts.map((_, i) => i > 0));
    expect(parts.map(({ rowsOut }) => rowsOut !== undefined)).toEqual(parts.map((_, i) => i < parts.length - 1));
  });
});
