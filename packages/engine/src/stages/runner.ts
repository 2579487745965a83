import type { Program } from "../graph/program.ts";
import type { StepShape } from "../graph/settings.ts";
import type { Rows, StageAnswer, StageCommand, StageFacts, StageWorker } from "./commands.ts";
import type { Stage } from "./cut.ts";

/** A stage on a device of this process. */
export class StageRunner implements StageWorker {
  readonly facts: StageFacts;
  readonly #program: Program;
  readonly #stage: Stage;
  readonly #release: () => void;
  /** Batches one after another: reading waits for a device. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param release called when the stage is closed, after its memory was freed */
  constructor(program: Program, stage: Stage, release: () => void = () => {}) {
    this.#program = program;
    this.#stage = stage;
    this.#release = release;
    const { adapters, alternatives, device, hiddenWidth, logitsWidth, maskWords, rowsPerTile } = program;
    this.facts = {
      device: device.info,
      rowsPerTile,
      alternatives,
      maskWords,
      logitsWidth,
      hiddenWidth,
      ...(adapters &&
        adapters.targets.length > 0 && {
          adapters: { targets: adapters.targets, maxUnits: adapters.maxUnits, unitBytes: adapters.unitBytes },
        }),
    };
  }

  run(commands: readonly StageCommand[]): Promise<StageAnswer> {
    const answer = this.#last.then(() => this.#runAll(commands));
    this.#last = answer.catch(() => {});
    return answer;
  }

  close(): void {
    this.#program.destroy();
    this.#release();
  }

  async #runAll(commands: readonly StageCommand[]): Promise<StageAnswer> {
    const program = this.#program;
    const reads: ArrayBuffer[] = [];
    let answer: { rows?: Rows; units?: number } = {};
    for (const command of commands) {
      switch (command.op) {
        case "table":
          program.writeTable(command.slot, command.blocks);
          break;
        case "edits":
          program.writeEdits(command.sample, command.words);
          break;
        case "mask":
          program.writeMask(command.sample, command.words);
          break;
        case "input":
          program.input.words.set(command.words);
          program.upload();
          break;
        case "copies":
          program.runCopies(command.count);
          break;
        case "run": {
          const rows = await this.#compute(command);
          if (rows) answer = { ...answer, rows };
          break;
        }
        case "masked-sample":
          program.runMaskedSample(command.samples);
          break;
        case "top":
          program.runTop(command.samples);
          break;
        case "read":
          reads.push(await program.read(command.output, command.rows));
          break;
        case "read-blocks":
          reads.push((await program.readBlocks(command.blocks)).buffer);
          break;
        case "write-blocks":
          await program.writeBlocks(command.blocks, command.data);
          break;
        case "grow":
          await program.growAdapters(command.units);
          answer = { ...answer, units: program.adapters?.units ?? 0 };
          break;
        case "adapter":
          program.adapters?.write(command.ref, command.firstUnit, command.packed);
          break;
      }
    }
    return { ...answer, reads };
  }

  async #compute({ hand, kind, rows, shape }: Extract<StageCommand, { op: "run" }>): Promise<Rows | undefined> {
    const program = this.#program;
    if (rows) program.writeRows(rows);
    const own = this.#shapeOf(shape);
    if (kind === "step") program.runStep(own);
    else if (kind === "forward") program.runForward(own);
    else program.runHidden(own);
    if (hand === "nothing") {
      if (!this.#stage.head) await program.finish();
      return undefined;
    }
    const made = await program.readRows(shape.rows);
    return hand === "rows" ? made : this.#sampled(made, shape.samples);
  }

  /** Steps that differ only in what a stage has nothing to do with are one recording. */
  #shapeOf(shape: StepShape): StepShape {
    const { head, layers } = this.#stage;
    const none = { decodeTiles: 0, prefillTiles: 0 };
    if (layers > 0) return head ? shape : { ...shape, samples: 0 };
    return head ? { ...none, rows: shape.samples, samples: shape.samples } : { ...none, rows: shape.rows, samples: 0 };
  }

  #sampled(rows: Rows, samples: number): Rows {
    const { hiddenWidth: width, input } = this.#program;
    const at = input.at("sampleRows");
    const picked = new Float32Array(samples * width);
    for (let i = 0; i < samples; i++) {
      const row = input.words[at + i]!;
      picked.set(rows.subarray(row * width, (row + 1) * width), i * width);
    }
    return picked;
  }
}
