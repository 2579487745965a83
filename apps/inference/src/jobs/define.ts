import type { JobProgress, OrganizationScope } from "@tugboat/db";
import type { Logger } from "pino";
import type { z } from "zod";
import type { JobServices } from "./services.ts";

/** How far a run is, as it tells it. What is left out is unknown; `etaMs` is then worked out from the pace. */
export interface ProgressReport extends Partial<JobProgress> {
  /** What it does now, in a person's words: `reading the file`. */
  readonly stage: string;
}

/** What a run works with. */
export interface JobContext<Input, Checkpoint> {
  readonly id: string;
  readonly input: Input;
  /** What it is about, as it was enqueued. */
  readonly subject: string | null;
  /** Counts runs, from 1. */
  readonly attempt: number;
  /** The organization's own handle. For changes that must happen once, use `commit`. */
  readonly scope: OrganizationScope;
  readonly services: JobServices;
  /** Aborts when the job is cancelled or lost, or the process stops. Hand it to everything that waits. */
  readonly signal: AbortSignal;
  /** What the runs before have finished for good; undefined in the first. */
  readonly checkpoint: Checkpoint | undefined;
  readonly log: Logger;
  /** Tells people how far it is. Cheap: it is written at most four times a second. */
  progress(report: ProgressReport): void;
  /**
   * Keeps what is finished; after a kill the next run gets it as `checkpoint`.
   * @throws JobLostError when the job is no longer this run's
   */
  save(checkpoint: Checkpoint): Promise<void>;
  /**
   * Changes the domain and sets the checkpoint, both or neither, and only while the job is this run's: the way to an
   * effect that happens exactly once.
   * @throws JobLostError when the job is no longer this run's; then nothing was changed
   */
  commit<T>(work: (scope: OrganizationScope) => Promise<{ result: T; checkpoint?: Checkpoint }>): Promise<T>;
}

export interface JobDefinition<Input, Result, Checkpoint> {
  /** A noun and its verb: `models.digest`. */
  readonly kind: string;
  /** Stored as JSON. */
  readonly input: z.ZodType<Input>;
  readonly result: z.ZodType<Result>;
  /** What `save` and `commit` keep; a stored one that no longer fits is ignored. */
  readonly checkpoint?: z.ZodType<Checkpoint>;
  /** Runs that may end with an error before the job has failed; the default is 3. Runs that were killed don't count. */
  readonly attempts?: number;
  /** The pause after the first failed run, in ms; it doubles with each, up to `mostMs`. Default: 1 s up to 5 minutes. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
  /** Of this kind, how many one process runs at once; the default is 1. */
  readonly concurrency?: number;
  /**
   * Does the work. It may run again from the start or the last checkpoint, so what it does outside of `commit` must be
   * harmless when done twice. Throw a JobError for what a person should read.
   */
  run(context: JobContext<Input, Checkpoint>): Promise<Result>;
}

/** One kind of background work, with its types. */
export interface JobKind<Input = unknown, Result = unknown> {
  readonly kind: string;
  readonly input: z.ZodType<Input>;
  readonly attempts: number;
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  readonly concurrency: number;
  /**
   * Parses what was stored and runs it.
   * @throws ZodError when the input no longer fits
   */
  execute(raw: RawRun): Promise<Result>;
}

/** A run before its stored values are parsed. */
export interface RawRun extends Omit<JobContext<unknown, unknown>, "input"> {
  readonly input: unknown;
}

/** Declares a kind of background work. It takes part when `kinds.ts` lists it. */
export function defineJob<Input, Result, Checkpoint = never>(
  definition: JobDefinition<Input, Result, Checkpoint>,
): JobKind<Input, Result> {
  const { kind, input, result, attempts = 3, concurrency = 1 } = definition;
  const backoff = definition.backoff ?? { firstMs: 1000, mostMs: 300_000 };
  return {
    kind,
    input,
    attempts,
    backoff,
    concurrency,
    async execute(raw) {
      const known = definition.checkpoint?.safeParse(raw.checkpoint);
      const context: JobContext<Input, Checkpoint> = {
        ...raw,
        input: input.parse(raw.input),
        checkpoint: known?.success ? known.data : undefined,
      };
      return result.parse(await definition.run(context));
    },
  };
}

/** A failure in words for the person who waits for the job. */
export class JobError extends Error {
  override readonly name = "JobError";
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Trying again would change nothing. */
  readonly final: boolean;

  constructor(message: string, options: { hint?: string; final?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.final = options.final ?? false;
  }
}

/** The job was cancelled, or another process has it: this run must end, and can write nothing. */
export class JobLostError extends Error {
  override readonly name = "JobLostError";

  constructor() {
    super("This run no longer has the job.");
  }
}
