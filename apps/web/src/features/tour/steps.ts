import type { Permission } from "@tugboat/inference/trpc";
import { samples } from "../playground/samples.ts";

export type StepId = "served" | "key" | "invite" | "ask";

export interface Step {
  readonly id: StepId;
  /** The page on which it is told. */
  readonly path: string;
  /** The `data-tour` of what it points at. */
  readonly anchor: string;
  readonly title: string;
  readonly text: string;
  readonly needs?: Permission;
}

/** The tour in its order. It ends where the product begins: with an answer that streams. */
const steps: readonly Step[] = [
  {
    id: "served",
    path: "/",
    anchor: "models",
    title: "What is served here",
    text: "Each line is a model that runs on this machine, on its own processor: nothing you ask leaves it. The sign beside a name says whether it is ready; its page says how fast it is here.",
  },
  {
    id: "key",
    path: "/keys",
    anchor: "create-key",
    title: "How programs come in",
    text: "A program calls the same models with a key, by OpenAI's API. Create one when you need it: you see it once, beside snippets for curl, Python and TypeScript that run as pasted.",
    needs: "keys:write",
  },
  {
    id: "invite",
    path: "/members",
    anchor: "invite",
    title: "Who else works here",
    text: "Invite an address and you get a link to hand over. Each role sees what it needs: an expert tries and judges, a developer makes keys, billing sees costs alone.",
    needs: "members:write",
  },
  {
    id: "ask",
    path: "/playground",
    anchor: "composer",
    title: "Now ask",
    text: "A question is written already; yours is as good. Send it and watch the answer stream.",
    needs: "inference:run",
  },
];

/** The steps that a role can take. */
export function stepsFor(may: (permission: Permission) => boolean): readonly Step[] {
  return steps.filter(({ needs }) => needs === undefined || may(needs));
}

/** Where a step's page is, with what it needs to begin. */
export function addressOf(step: Step): string {
  return step.id === "ask" ? `${step.path}?${new URLSearchParams({ draft: samples[0].text })}` : step.path;
}

/** The step of a remembered name, or the first where the role can't take that one any more. */
export function stepCalled(all: readonly Step[], id: StepId | undefined): Step | undefined {
  return all.find((step) => step.id === id) ?? all[0];
}
