import fc from "fast-check";
import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { dispatch } from "./testing/kernel.ts";
import { program } from "./testing/programs.ts";

const word = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff }));
const groups = 3;

describeOnDevices("random programs", (getDevice) => {
  it("do what a direct interpreter does", async () => {
    const device = getDevice();
    // A driver compiles far slower than this package does; there, the interpreter itself is what is tested.
    const numRuns = Number(process.env.RUNS ?? (device.info.kind === "cpu" ? 400 : 60));
    await fc.assert(
      fc.asyncProperty(program, fc.array(word, { minLength: 5, maxLength: 5 }), async (p, x) => {
        const options = { inputs: [Uint32Array.from(x)], words: p.words * groups, groups: [groups] as const };
        const actual = [...new Uint32Array(await dispatch(device, p.code, options))];
        expect(actual).toEqual(Array.from({ length: groups }, (_, group) => p.interpret(x, group)).flat());
      }),
      { numRuns },
    );
  });
});
