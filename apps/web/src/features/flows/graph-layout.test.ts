import { expect, it } from "vitest";
import { layoutOf } from "./graph-layout.ts";
import type { GraphStep } from "./types.ts";

const step = (path: string, needs: string[], within: string | null = null): GraphStep => ({
  path,
  name: path,
  kind: "code",
  subject: "",
  needs,
  within,
  part: null,
  output: "",
  fields: {},
  ways: [],
});

it("puts each step below all that it waits for", () => {
  const { edges, nodes } = layoutOf([
    step("a", []),
    step("b", ["a"]),
    step("c", ["a"]),
    step("d", ["a", "c"]),
    step("d.e", [], "d"),
  ]);
  const at = new Map(nodes.map((node) => [node.step.path, node]));
  expect([...at.keys()]).toEqual(["a", "b", "c", "d"]);
  for (const { step: one, y } of nodes) for (const need of one.needs) expect(at.get(need)!.y).toBeLessThan(y);
  expect(at.get("b")!.y).toBe(at.get("c")!.y);
  expect(at.get("d")!.inside.map(({ path }) => path)).toEqual(["d.e"]);
  expect(edges).toHaveLength(4);
});

it("ends also for steps that wait in a circle, and for none", () => {
  expect(layoutOf([step("a", ["b"]), step("b", ["a"])]).nodes).toHaveLength(2);
  expect(layoutOf([])).toMatchObject({ nodes: [], height: 0 });
});
