// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a flow look like this
import { expect, it } from "vitest";
import { canvasGraph } from "./canvas-graph.ts";
import { drawnSteps } from "./flow-yaml.ts";
import type { GraphStep } from "./types.ts";

const yaml = `steps:
  find: { retrieve: docs, query: "a" }
  read:
    code: function run() { return {}; }
    with: { passages: "\${find.passages}" }
  look: { approve: "Go on?", after: read }
`;

it("shows what passes along each edge, and puts a problem on the step whose line it is", () => {
  const steps = drawnSteps(yaml) ?? [];
  const checked: GraphStep = {
    ...{ path: "find", name: "find", subject: "docs", needs: [], within: null, part: null },
    ...{ kind: "retrieve", output: "", fields: { passages: "list of any" }, ways: [] },
  };
  const problem = { message: "It fits not.", hint: "", line: 4, column: 1 };
  const { edges, nodes } = canvasGraph(steps, [checked], problem);
  expect(edges).toEqual([
    { from: "find", to: "read", label: "passages: list of any", isWaiting: false },
    { from: "read", to: "look", label: "", isWaiting: true },
  ]);
  expect(nodes.map((node) => [node.name, node.problem])).toEqual([
    ["find", undefined],
    ["read", "It fits not."],
    ["look", undefined],
  ]);
  expect(nodes[0]?.y).toBeLessThan(nodes[1]?.y ?? 0);
});
