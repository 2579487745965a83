import type { Machine, StepOutput } from "../graph/machine.ts";
import type { ProgramSettings, StepShape } from "../graph/settings.ts";
import { StepInput } from "../graph/step-input.ts";
import type { Rows, StageAnswer, StageCommand, StageFacts, StageWorker } from "./commands.ts";
import type { Stage } from "./cut.ts";
import { StageQueue } from "./stage-queue.ts";
import { StagedAdapters } from "./staged-adapters.ts";

/** A stage and who computes it. A stage with layers has one worker, which keeps their keys and values. */
export interface StageGroup {
  readonly stage: Stage;
  readonly workers: readonly StageWorker[];
}

/** What one step told its stages and was not yet sent. */
interface Step {
  /** One for each stage: who computes this step. */
  readonly queues: readonly StageQueue[];
  readonly pending: StageCommand[][];
  readonly reads: { readonly resolve: (bytes: ArrayBuffer) => void; readonly reject: (error: unknown) => void }[];
  /** What its last stage answered last. */
  last: Promise<StageAnswer | undefined>;
  isScheduled: boolean;
}

/**
 * A model cut into stages as one machine. Each step goes through them in order, as a batch of commands and the rows that
 * the stage before handed on; a step may enter the first stage while the one before it is still in a later one.
 */
export class StagedMachine implements Machine {
  readonly settings: ProgramSettings;
  readonly input: StepInput;
  readonly adapters: StagedAdapters | undefined;
  /** At least two, so that one step may be in the layers while another is in the head. */
  readonly lanes: number;
  readonly blocks = undefined;
  readonly #stages: readonly Stage[];
  readonly #queues: readonly (readonly StageQueue[])[];
  readonly #facts: StageFacts;
  readonly #end: StageFacts;
  #step: Step;

  /** @throws RangeError when a stage has no worker, or one with layers has several */
  constructor(groups: readonly StageGroup[], settings: ProgramSettings) {
    for (const { stage, workers } of groups) {
      if (workers.length === 1 || (workers.length > 1 && stage.layers === 0)) continue;
      throw new RangeError(`a stage with ${stage.layers} layers has ${workers.length} workers`);
    }
    this.settings = settings;
    this.input = new StepInput(settings);
    this.#stages = groups.map(({ stage }) => stage);
    this.#queues = groups.map(({ workers }) => workers.map((worker) => new StageQueue(worker)));
    this.#facts = groups.find(({ stage }) => stage.layers > 0)!.workers[0]!.facts;
    this.#end = groups.at(-1)!.workers[0]!.facts;
    this.adapters = settings.adapters && new StagedAdapters(this.#queues.flat(), settings.adapters.bytes);
    this.lanes = Math.max(2, this.#stages.filter(({ layers }) => layers > 0).length);
    this.#step = this.#newStep();
  }

  get rowsPerTile(): number {
    return this.#facts.rowsPerTile;
  }

  get alternatives(): number {
    return this.#end.alternatives;
  }

  get maskWords(): number {
    return this.#end.maskWords;
  }

  get logitsWidth(): number {
    return this.#end.logitsWidth;
  }

  get hiddenWidth(): number {
    return this.#end.hiddenWidth;
  }

  begin(): void {
    this.#flush(this.#step);
    this.#step = this.#newStep();
  }

  writeTable(slot: number, blocks: Uint32Array<ArrayBuffer>): void {
    this.#tell(({ layers }) => layers > 0, { op: "table", slot, blocks: blocks.slice() });
  }

  writeEdits(sample: number, words: Uint32Array<ArrayBuffer>): void {
    this.#tell(({ head }) => head, { op: "edits", sample, words: words.slice() });
  }

  writeMask(sample: number, words: Uint32Array<ArrayBuffer>): void {
    this.#tell(({ head }) => head, { op: "mask", sample, words: words.slice() });
  }

  upload(): void {
    const words = this.input.words.slice();
    this.#tell(({ head, layers }) => layers > 0 || !head, { op: "input", words });
    // A head alone is given the sampled rows and nothing else.
    const sampled = words.slice();
    const at = this.input.at("sampleRows");
    for (let i = 0; i < this.settings.maxSamples; i++) sampled[at + i] = i;
    this.#tell(({ head, layers }) => layers === 0 && head, { op: "input", words: sampled });
  }

  runCopies(count: number): void {
    this.#tell(({ layers }) => layers > 0, { op: "copies", count });
  }

  runStep(shape: StepShape): void {
    this.#compute("step", shape);
    this.#schedule();
  }

  /** Sent at once: its masks are worked out while the stages compute. */
  runForward(shape: StepShape): void {
    this.#compute("forward", shape);
    this.#flush(this.#step);
  }

  runHidden(shape: StepShape): void {
    this.#compute("hidden", shape);
    this.#schedule();
  }

  runMaskedSample(samples: number): void {
    this.#tell(({ head }) => head, { op: "masked-sample", samples });
  }

  runTop(samples: number): void {
    this.#tell(({ head }) => head, { op: "top", samples });
  }

  read(output: StepOutput, rows: number): Promise<ArrayBuffer> {
    this.#tell(({ head }) => head, { op: "read", output, rows });
    const { reads } = this.#step;
    this.#schedule();
    return new Promise((resolve, reject) => reads.push({ resolve, reject }));
  }

  async finish(): Promise<void> {
    this.#flush(this.#step);
    await this.#step.last;
  }

  async growAdapters(units: number): Promise<void> {
    await this.adapters?.grow(units);
  }

  async readBlocks(blocks: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    const answers = await Promise.all(this.#keepers.map(({ queue }) => queue.send([{ op: "read-blocks", blocks }])));
    const parts = answers.map(({ reads }) => new Uint8Array(reads[0]!));
    const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return data;
  }

  async writeBlocks(blocks: readonly number[], data: Uint8Array<ArrayBuffer>): Promise<void> {
    const layers = this.#keepers.reduce((sum, { stage }) => sum + stage.layers, 0);
    const size = data.length / layers;
    await Promise.all(
      this.#keepers.map(({ queue, stage: { firstLayer, layers: own } }) =>
        queue.send([{ op: "write-blocks", blocks, data: data.slice(firstLayer * size, (firstLayer + own) * size) }]),
      ),
    );
  }

  /** The stages with layers, which keep their keys and values. */
  get #keepers(): { readonly stage: Stage; readonly queue: StageQueue }[] {
    return this.#stages.flatMap((stage, i) => (stage.layers > 0 ? [{ stage, queue: this.#queues[i]![0]! }] : []));
  }

  destroy(): void {
    for (const queue of this.#queues.flat()) queue.worker.close();
  }

  #newStep(): Step {
    return {
      queues: this.#queues.map((of) => of.reduce((best, queue) => (queue.waiting < best.waiting ? queue : best))),
      pending: this.#stages.map(() => []),
      reads: [],
      last: Promise.resolve(undefined),
      isScheduled: false,
    };
  }

  #tell(who: (stage: Stage) => boolean, command: StageCommand): void {
    this.#stages.forEach((stage, i) => {
      if (who(stage)) this.#step.pending[i]!.push(command);
    });
  }

  #compute(kind: "step" | "forward" | "hidden", shape: StepShape): void {
    // Without samples the rows end with the layers.
    const last = this.#stages.findLastIndex(({ layers }) => layers > 0 || shape.samples > 0);
    this.#stages.slice(0, last + 1).forEach((_, i) => {
      const next = this.#stages[i + 1];
      const hand = i === last || !next ? "nothing" : next.layers > 0 ? "rows" : "samples";
      this.#step.pending[i]!.push({ op: "run", kind, shape, hand });
    });
    for (const commands of this.#step.pending.slice(last + 1)) commands.length = 0;
  }

  /** What is told in one turn of the event loop is one message. */
  #schedule(): void {
    const step = this.#step;
    if (step.isScheduled) return;
    step.isScheduled = true;
    queueMicrotask(() => {
      step.isScheduled = false;
      this.#flush(step);
    });
  }

  #flush(step: Step): void {
    let rows: Promise<Rows | undefined> | undefined;
    step.pending.forEach((commands, i) => {
      if (commands.length === 0) return;
      const answer = step.queues[i]!.send(commands.splice(0), rows);
      rows = answer.then((given) => given.rows);
      rows.catch(() => {});
      step.last = answer;
    });
    const reads = step.reads.splice(0);
    step.last.then(
      (answer) => {
        for (const [i, { resolve }] of reads.entries()) resolve(answer!.reads[i]!);
      },
      (error) => {
        for (const { reject } of reads) reject(error);
      },
    );
  }
}
