import { createHash } from "node:crypto";
import type { FlowStepEnd, FlowStepInfo, Json, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { newRequestId } from "../domain/usage/request-id.ts";
import type { JobContext } from "../jobs/define.ts";

/** What is written of a run while it goes on. */
export interface Journal {
  /** A step as it was left; undefined where it never began. */
  find(path: string): FlowStepInfo | undefined;
  /** Begins a step. Its call's id is the same each time. */
  begin(path: string, kind: string): Promise<FlowStepInfo>;
  end(path: string, end: FlowStepEnd): Promise<void>;
  known(digest: string): Promise<{ readonly output: Json } | undefined>;
  remember(digest: string, output: Json, forMs: number): Promise<void>;
}

export const asJson: z.ZodType<Json> = z.json();

/**
 * A run's journal in the database. Each entry is written in one transaction with the hold on the job: a process that has
 * lost the job writes nothing more.
 */
export class RunJournal implements Journal {
  readonly #runId: string;
  readonly #scope: OrganizationScope;
  readonly #commit: JobContext<unknown, unknown>["commit"];
  readonly #steps: Map<string, FlowStepInfo>;

  private constructor(
    runId: string,
    { commit, scope }: Pick<JobContext<unknown, never>, "commit" | "scope">,
    steps: readonly FlowStepInfo[],
  ) {
    this.#runId = runId;
    this.#scope = scope;
    this.#commit = commit;
    this.#steps = new Map(steps.map((step) => [step.path, step]));
  }

  static async open(runId: string, context: Pick<JobContext<unknown, never>, "commit" | "scope">): Promise<RunJournal> {
    return new RunJournal(runId, context, await context.scope.flowRuns.steps(runId));
  }

  find(path: string): FlowStepInfo | undefined {
    return this.#steps.get(path);
  }

  begin(path: string, kind: string): Promise<FlowStepInfo> {
    const callId = newRequestId();
    return this.#commit(async ({ flowRuns }) => ({
      result: await flowRuns.begin(this.#runId, { path, kind, callId }),
    }));
  }

  async end(path: string, end: FlowStepEnd): Promise<void> {
    await this.#commit(async ({ flowRuns }) => ({ result: await flowRuns.end(this.#runId, path, end) }));
  }

  async known(digest: string): Promise<{ readonly output: Json } | undefined> {
    const found = await this.#scope.flowRuns.known(digest);
    return found && { output: asJson.parse(found.output) };
  }

  async remember(digest: string, output: Json, forMs: number): Promise<void> {
    await this.#scope.flowRuns.remember(digest, writable(output), forMs);
  }
}

/** Remembers nothing beyond its run: for measuring, where each run must do its own work. */
export class MemoryJournal implements Journal {
  readonly ended = new Map<string, FlowStepEnd>();

  find(): undefined {
    return undefined;
  }

  async begin(path: string, kind: string): Promise<FlowStepInfo> {
    return {
      path,
      kind,
      state: "running",
      attempts: 1,
      callId: newRequestId(),
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
  }

  async end(path: string, end: FlowStepEnd): Promise<void> {
    this.ended.set(path, end);
  }

  async known(): Promise<undefined> {
    return undefined;
  }

  async remember(): Promise<void> {}
}

export function digestOf(value: Json): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

type Written = NonNullable<FlowStepEnd["output"]>;
const written = z.json().transform((value): Written | null => value);

/** As the database stores it: no character of value zero. */
export function writable(value: Json): Written | null {
  return written.parse(JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")));
}
