// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a flow look like this
import type { FlowStepEnd, FlowStepInfo, Json } from "@tugboat/db";
import { describe, expect, it } from "vitest";
import { parseFlow } from "../domain/flows/document.ts";
import { readYaml } from "../domain/flows/yaml.ts";
import { StepFailure } from "./errors.ts";
import type { FilledAction } from "./fill-action.ts";
import { asJson, type Journal } from "./journal.ts";
import { type RunAction, runFlow } from "./run-flow.ts";

/** Keeps what a database would. */
class TestJournal implements Journal {
  readonly steps = new Map<string, FlowStepInfo>();
  readonly cache = new Map<string, Json>();
  /** The process dies when this step ends. */
  killAt: string | undefined;
  #calls = 0;

  find(path: string) {
    return this.steps.get(path);
  }
  async begin(path: string, kind: string) {
    const before = this.steps.get(path);
    const step: FlowStepInfo = {
      path,
      kind,
      state: "running",
      attempts: (before?.attempts ?? 0) + 1,
      callId: before?.callId ?? `call-${++this.#calls}`,
      output: null,
      error: null,
      cached: false,
      costMicroUsd: 0,
      inputTokens: 0,
      outputTokens: 0,
      cachedTokens: 0,
      durationMs: 0,
      startedAt: new Date(),
      finishedAt: null,
    };
    this.steps.set(path, step);
    return step;
  }
  async end(path: string, { output, state, ...more }: FlowStepEnd) {
    if (this.killAt === path) throw new Error("killed");
    const step = this.steps.get(path);
    if (step)
      this.steps.set(path, { ...step, state, cached: more.cached ?? false, output: asJson.parse(output ?? null) });
  }
  async known(digest: string) {
    const output = this.cache.get(digest);
    return output === undefined ? undefined : { output };
  }
  async remember(digest: string, output: Json) {
    this.cache.set(digest, output);
  }
}

const never = new AbortController().signal;

function flow(steps: string, output: string) {
  return parseFlow(readYaml(`flow: test\ninput: { n: integer }\nsteps:\n${steps}\noutput: ${output}\n`).value);
}

const start = (
  steps: string,
  output: string,
  run: RunAction,
  {
    choices = {},
    journal = new TestJournal(),
    n = 3,
  }: { journal?: Journal; n?: number; choices?: Record<string, number> } = {},
) => runFlow({ document: flow(steps, output), choices, input: { n }, journal, run, signal: never });

/** Steps are HTTP calls here; their address says what they do. */
const echo: RunAction = async (action) => ({ output: { status: 200, body: bodyOf(action) } });

function bodyOf(action: FilledAction): Json {
  return action.kind === "http" ? (action.body ?? action.url) : null;
}

const call = (name: string, body: string, more = "") =>
  `  ${name}: { http: { url: "http://x/${name}", body: ${body} }${more} }\n`;

describe("a run", () => {
  it("has steps that need nothing of each other at work together", async () => {
    let atWork = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const run: RunAction = async (action) => {
      most = Math.max(most, ++atWork);
      // The first three go on when all of them have begun.
      if (waiting.length < 2) await new Promise<void>((resolve) => waiting.push(resolve));
      else for (const go of waiting.splice(0)) go();
      atWork--;
      return { output: { status: 200, body: bodyOf(action) } };
    };
    const steps = call("a", "1") + call("b", "2") + call("c", "3") + call("d", '"${a.body} ${b.body}"', ", after: c");
    const first: RunAction = (action, step) => (step.path === "d" ? echo(action, step) : run(action, step));
    const end = await start(steps, '"${d.body}"', first);
    expect(end).toEqual({ state: "done", output: "1 2" });
    expect(most).toBe(3);
  });

  it("goes on after a kill behind what had ended, with the same call's id for what had not", async () => {
    const journal = new TestJournal();
    const calls: string[] = [];
    const run: RunAction = (action, step) => {
      calls.push(`${step.path} ${step.callId}`);
      return echo(action, step);
    };
    const steps = call("a", '"${input.n}"') + call("b", '"${a.body}!"') + call("c", '"${b.body}!"');
    journal.killAt = "b";
    await expect(start(steps, "${c.body}", run, { journal })).rejects.toThrow("killed");
    journal.killAt = undefined;
    await expect(start(steps, "${c.body}", run, { journal })).resolves.toEqual({ state: "done", output: "3!!" });
    expect(calls).toEqual(["a call-1", "b call-2", "b call-2", "c call-3"]);
  });

  it("goes through lists, branches and rounds", async () => {
    const steps = `  each:
    map: [1, 2, 3]
    as: one
    at_once: 2
    steps:
      ask: { http: { url: "http://x/\${one}", body: { got: "\${one}", at: "\${index}", of: "\${input.n}" } } }
    output: \${ask.body}
  pick:
    branch: \${each.items.1.got}
    cases:
      "1": { output: one }
      "2": { output: two }
    else: { output: more }
  count:
    loop: { text: a, done: false }
    most: 5
    until: \${loop.done}
    steps:
      more: { http: { url: "http://x/more", body: { text: "\${loop.text}a", done: false } } }
    output: \${more.body}
`;
    const end = await start(steps, '{ items: "${each.items}", pick: "${pick}", count: "${count}" }', echo);
    expect(end).toEqual({
      state: "done",
      output: {
        items: [1, 2, 3].map((got, at) => ({ got, at, of: 3 })),
        pick: "two",
        count: { text: "aaaaaa", done: false, rounds: 5 },
      },
    });
  });

  it("waits for a person, and does all that needs no answer meanwhile", async () => {
    const journal = new TestJournal();
    const steps = `${call("a", "1")}  ask: { approve: "Send \${a.body}?" }\n${call("b", "2")}${call("c", '"${ask.note}"')}`;
    const output = '{ b: "${b.body}", c: "${c.body}" }';
    await expect(start(steps, output, echo, { journal })).resolves.toEqual({ state: "waiting" });
    expect([...journal.steps.values()].map(({ path, state }) => `${path} ${state}`).sort()).toEqual([
      "a done",
      "ask waiting",
      "b done",
    ]);
    const asked = journal.steps.get("ask");
    expect(asked?.output).toEqual({ question: "Send 1?" });
    if (asked) journal.steps.set("ask", { ...asked, state: "done", output: { approved: true, note: "go", by: "Ada" } });
    await expect(start(steps, output, echo, { journal })).resolves.toEqual({
      state: "done",
      output: { b: 2, c: "go" },
    });
    if (asked)
      journal.steps.set("ask", { ...asked, state: "done", output: { approved: false, note: "no", by: "Ada" } });
    await expect(start(steps, output, echo, { journal })).rejects.toMatchObject({ code: "refused", step: "ask" });
  });

  it("tries again what may go well later, and no more than that", async () => {
    let tries = 0;
    const busy: RunAction = async (action, step) => {
      tries++;
      if (step.path === "a" && tries < 3) throw new StepFailure("Busy.", "Wait.", { again: true });
      return echo(action, step);
    };
    await expect(start(call("a", "1"), "${a.body}", busy)).resolves.toEqual({ state: "done", output: 1 });
    expect(tries).toBe(3);
    const wrong: RunAction = async () => {
      tries++;
      throw new StepFailure("Wrong.", "Look.", { again: false });
    };
    tries = 0;
    await expect(start(call("a", "1"), "1", wrong)).rejects.toMatchObject({
      code: "step-failed",
      message: "a: Wrong.",
      step: "a",
    });
    expect(tries).toBe(1);
  });

  it("ends what never answers", async () => {
    const silent: RunAction = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    await expect(start(call("a", "1", ", timeout: 20ms, retries: 0"), "1", silent)).rejects.toMatchObject({
      message: "a: It did not end within 20 ms.",
    });
  });

  it("uses again what a step gave to the same, where the step says so", async () => {
    const journal = new TestJournal();
    let calls = 0;
    const counted: RunAction = (action, step) => {
      calls++;
      return echo(action, step);
    };
    const steps = `  each:
    map: [1, 2, 1, 1]
    at_once: 1
    steps: { ask: { http: { url: "http://x", body: "\${item}" }, cache: 1h } }
    output: \${ask.body}
`;
    await expect(start(steps, "${each.items}", counted, { journal })).resolves.toEqual({
      state: "done",
      output: [1, 2, 1, 1],
    });
    expect(calls).toBe(2);
    expect(journal.steps.get("each[3].ask")?.cached).toBe(true);
  });

  it("takes the ways that were chosen", async () => {
    const steps =
      '  a: { http: { url: "http://x/slow", body: 1 }, try: [{ name: slow }, { name: fast, http: { url: "http://x/fast", body: 2 } }] }\n';
    await expect(start(steps, "${a.body}", echo)).resolves.toMatchObject({ output: 1 });
    await expect(start(steps, "${a.body}", echo, { choices: { a: 1 } })).resolves.toMatchObject({ output: 2 });
  });
});
