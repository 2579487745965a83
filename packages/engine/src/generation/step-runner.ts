import { EDIT_WORDS, NO_SLOT, SAMPLE_PARAM_WORDS } from "@tugboat/kernels";
import type { AdapterPlace } from "../adapters/places.ts";
import type { Machine } from "../graph/machine.ts";
import type { StepShape } from "../graph/settings.ts";
import type { BlockTable } from "../kv/block-table.ts";
import { BLOCK_TOKENS, type BlockCopy, blocksFor } from "../kv/blocks.ts";
import { greedySampling, type SamplingParameters } from "../sampler/request.ts";
import { TokenEdits } from "../sampler/token-edits.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { StepEntry, StepPlan } from "../scheduler/step-plan.ts";
import { AdapterTiles } from "./adapter-tiles.ts";

/** How the next token of a sequence is drawn. */
export interface Draw {
  readonly sampling: SamplingParameters;
  readonly edits: TokenEdits;
  readonly seed: number;
  /** Tells the choices of a request apart, which share its seed. */
  readonly stream: number;
  /** Tokens drawn before. */
  readonly step: number;
  /** Alternatives to report; undefined: no log-probabilities at all. */
  readonly logprobs: number | undefined;
  /**
   * Tokens that may be drawn, `[vocabulary / 32]` u32 with bit `t % 32` of word `t / 32` for token t; undefined: all. Asked
   * for while the device computes the logits.
   */
  readonly mask: (() => Uint32Array<ArrayBuffer>) | undefined;
}

/** What a step drew, one for each sample of its plan, in order. */
export interface StepResult {
  readonly tokens: Uint32Array;
  /** Empty unless a draw asked for log-probabilities. */
  readonly logprobs: Float32Array;
  /** Present when a draw asked for log-probabilities: `[samples, alternatives]`. */
  readonly top:
    | { readonly ids: Uint32Array; readonly logprobs: Float32Array; readonly alternatives: number }
    | undefined;
}

const none = new Float32Array();
const nothing: StepResult = { tokens: new Uint32Array(), logprobs: none, top: undefined };

const greedy: Draw = {
  sampling: greedySampling,
  edits: new TokenEdits(greedySampling, new Int32Array()),
  seed: 0,
  stream: 0,
  step: 0,
  logprobs: undefined,
  mask: undefined,
};

/** Bits of a row's flags: see the sample kernel. */
const OBEY_MASK = 1;
const WANT_LOGPROB = 2;

/** Carries the scheduler's plans out on the device. */
export class StepRunner {
  readonly #machine: Machine;
  /** Which table, in which state, each row of the device's block tables holds. */
  readonly #known: ({ table: BlockTable; version: number } | undefined)[];
  readonly #row: Uint32Array<ArrayBuffer>;
  readonly #edits: Uint32Array<ArrayBuffer>;
  readonly #editFloats: Float32Array<ArrayBuffer>;

  constructor(machine: Machine) {
    const { contextLength, maxEdits, maxSequences } = machine.settings;
    this.#machine = machine;
    this.#known = Array.from({ length: maxSequences }, () => undefined);
    this.#row = new Uint32Array(blocksFor(contextLength));
    this.#edits = new Uint32Array(maxEdits * EDIT_WORDS);
    this.#editFloats = new Float32Array(this.#edits.buffer);
  }

  /** The row of the block tables that no sequence has: for work outside the scheduler. */
  get spareSlot(): number {
    return this.#machine.settings.maxSequences - 1;
  }

  /**
   * Of what the plan owes only the copies: the rest is to be done before.
   * @param drawOf asked once for each sample of the plan; `ahead` counts the tokens of a draft before it.
   */
  async run(plan: StepPlan, drawOf: (sequence: Sequence, ahead: number) => Draw): Promise<StepResult> {
    const machine = this.#machine;
    machine.begin();
    this.copyBlocks(plan.moves.filter((move) => "to" in move && "from" in move));
    const shape = this.#fillRows(plan.entries, plan.samples);
    let sample = 0;
    let wantsTop = false;
    const masks: { readonly sample: number; readonly mask: () => Uint32Array<ArrayBuffer> }[] = [];
    for (const entry of plan.entries) {
      for (const [i, sequence] of entry.samples.entries()) {
        const draw = drawOf(sequence, entry.draft.length > 0 ? i : 0);
        wantsTop ||= draw.logprobs !== undefined;
        if (draw.mask) masks.push({ sample, mask: draw.mask });
        this.#fillDraw(sample, draw);
        sample += 1;
      }
    }
    machine.upload();
    if (masks.length === 0) {
      machine.runStep(shape);
    } else {
      machine.runForward(shape);
      for (const { mask, sample } of masks) machine.writeMask(sample, mask());
      machine.runMaskedSample(plan.samples);
    }
    if (plan.samples === 0) {
      // Nothing is read back, but steps must not pile up in the device's queue.
      await machine.finish();
      return nothing;
    }
    if (!wantsTop) {
      return { tokens: new Uint32Array(await machine.read("tokens", plan.samples)), logprobs: none, top: undefined };
    }
    machine.runTop(plan.samples);
    const [drawn, likelihoods, top] = await Promise.all([
      machine.read("tokens", plan.samples),
      machine.read("logprobs", plan.samples),
      this.#readTop(plan.samples),
    ]);
    return { tokens: new Uint32Array(drawn), logprobs: new Float32Array(likelihoods), top };
  }

  /**
   * Logits after each of `tokens` from a position on, into a table of blocks that holds them all.
   * @param from the first position whose logits are wanted; nothing is read back of those before it
   * @param take gets each position's, `[vocabulary]`, and is done with it when it returns
   */
  async logits(
    tokens: readonly number[],
    table: BlockTable,
    vocabulary: number,
    from: number,
    take: (position: number, logits: Float32Array) => void,
    adapter: AdapterPlace | undefined,
  ): Promise<void> {
    const { input, logitsWidth: stride, settings } = this.#machine;
    const chunk = Math.min(settings.maxRows, settings.maxSamples);
    this.#syncTable(this.spareSlot, table);
    for (let start = 0; start < tokens.length; start += chunk) {
      const count = Math.min(chunk, tokens.length - start);
      const skipped = Math.min(count, Math.max(0, from - start));
      const samples = count - skipped;
      this.#machine.begin();
      for (let i = 0; i < count; i++) this.#fillRow(i, tokens[start + i]!, start + i, table);
      for (let i = 0; i < samples; i++) input.words[input.at("sampleRows") + i] = skipped + i;
      const prefillTiles = this.#fillPrefillTiles(0, 0, count, this.spareSlot);
      const adapterTiles = this.#fillAdapter(count, adapter);
      this.#machine.upload();
      this.#machine.runForward({ rows: count, decodeTiles: 0, prefillTiles, samples, adapterTiles });
      if (samples === 0) {
        await this.#machine.finish();
        continue;
      }
      const rows = new Float32Array(await this.#machine.read("logits", samples));
      for (let i = 0; i < samples; i++) take(start + skipped + i, rows.subarray(i * stride, i * stride + vocabulary));
    }
  }

  /**
   * The last hidden states of `tokens`, `[tokens, width]`, in chunks.
   * @param take gets each chunk, row-major, and is done with it when it returns.
   */
  async hidden(
    tokens: readonly number[],
    table: BlockTable,
    take: (rows: Float32Array) => void,
    adapter: AdapterPlace | undefined,
  ): Promise<void> {
    const { input, settings } = this.#machine;
    const chunk = Math.min(settings.maxRows, settings.maxSamples);
    this.#syncTable(this.spareSlot, table);
    for (let start = 0; start < tokens.length; start += chunk) {
      const count = Math.min(chunk, tokens.length - start);
      this.#machine.begin();
      for (let i = 0; i < count; i++) {
        this.#fillRow(i, tokens[start + i]!, start + i, table);
        input.words[input.at("sampleRows") + i] = i;
      }
      const prefillTiles = this.#fillPrefillTiles(0, 0, count, this.spareSlot);
      const adapterTiles = this.#fillAdapter(count, adapter);
      this.#machine.upload();
      this.#machine.runHidden({ rows: count, decodeTiles: 0, prefillTiles, samples: count, adapterTiles });
      take(new Float32Array(await this.#machine.read("hidden", count)));
    }
  }

  /** Runs each kind of step once, on nothing: engines compile lazily, and the first request should not pay for it. */
  async warm(): Promise<void> {
    const { input, settings } = this.#machine;
    const fill = (rows: number) => {
      for (let i = 0; i < rows; i++) this.#fillPlacement(i, 0, i, NO_SLOT);
      input.words.fill(0, input.at("sampleRows"), input.at("sampleRows") + settings.maxSamples);
    };
    this.#machine.begin();
    fill(1);
    input.words.set([0, 1, this.spareSlot, 0], input.at("decodeTiles"));
    this.#fillDraw(0, greedy);
    this.#machine.upload();
    this.#machine.runStep({ rows: 1, decodeTiles: 1, prefillTiles: 0, samples: 1 });
    const rows = Math.min(32, settings.maxRows, settings.contextLength);
    fill(rows);
    const prefillTiles = this.#fillPrefillTiles(0, 0, rows, this.spareSlot);
    this.#machine.upload();
    this.#machine.runStep({ rows, decodeTiles: 0, prefillTiles, samples: 1 });
    await this.#machine.finish();
  }

  /** In batches in which no block is both read and written. */
  copyBlocks(copies: readonly BlockCopy[]): void {
    const { input, settings } = this.#machine;
    const at = input.at("copies");
    let count = 0;
    const sources = new Set<number>();
    const targets = new Set<number>();
    const flush = () => {
      if (count === 0) return;
      this.#machine.upload();
      this.#machine.runCopies(count);
      count = 0;
      sources.clear();
      targets.clear();
    };
    for (const { from, to } of copies) {
      if (count === settings.maxSequences || sources.has(to) || targets.has(from) || targets.has(to)) flush();
      input.words[at + 2 * count] = from;
      input.words[at + 2 * count + 1] = to;
      count += 1;
      sources.add(from);
      targets.add(to);
    }
    flush();
  }

  #fillRows(entries: readonly StepEntry[], samples: number): StepShape {
    const { input } = this.#machine;
    const decodeAt = input.at("decodeTiles");
    const sampleAt = input.at("sampleRows");
    let row = 0;
    let decodeTiles = 0;
    let prefillTiles = 0;
    let sample = 0;
    const adapters = new AdapterTiles(input);
    for (const { sequence, start, count, samples: takers, draft } of entries) {
      adapters.add(row, count, sequence.terms.adapter);
      this.#syncTable(sequence.slot, sequence.table);
      const known = count - draft.length;
      for (let i = 0; i < count; i++) {
        const token = i < known ? sequence.token(start + i) : draft[i - known]!;
        this.#fillRow(row + i, token, start + i, sequence.table);
      }
      // Decodes lead; a chunk of one row behind a longer one is a prefill tile of one row.
      if (count === 1 && decodeTiles === row) {
        input.words[decodeAt + decodeTiles * 4] = row;
        input.words[decodeAt + decodeTiles * 4 + 1] = 1;
        input.words[decodeAt + decodeTiles * 4 + 2] = sequence.slot;
        decodeTiles += 1;
      } else {
        prefillTiles = this.#fillPrefillTiles(prefillTiles, row, count, sequence.slot);
      }
      row += count;
      for (let i = 0; i < takers.length; i++) {
        input.words[sampleAt + sample] = draft.length > 0 ? row - count + i : row - 1;
        sample += 1;
      }
    }
    return { rows: row, decodeTiles, prefillTiles, samples, adapterTiles: adapters.finish() };
  }

  /** One adapter for all rows. @returns tiles */
  #fillAdapter(rows: number, adapter: AdapterPlace | undefined): number {
    const tiles = new AdapterTiles(this.#machine.input);
    tiles.add(0, rows, adapter);
    return tiles.finish();
  }

  #fillRow(row: number, token: number, position: number, table: BlockTable): void {
    const block = table.blocks[Math.floor(position / BLOCK_TOKENS)]!;
    this.#fillPlacement(row, token, position, block * BLOCK_TOKENS + (position % BLOCK_TOKENS));
  }

  #fillPlacement(row: number, token: number, position: number, slot: number): void {
    const { input } = this.#machine;
    input.words[input.at("tokens") + row] = token;
    input.words[input.at("placements") + row * 2] = position;
    input.words[input.at("placements") + row * 2 + 1] = slot;
  }

  /** @returns how many tiles there are now. */
  #fillPrefillTiles(tiles: number, firstRow: number, rows: number, slot: number): number {
    const { input, rowsPerTile } = this.#machine;
    const at = input.at("prefillTiles");
    let tile = tiles;
    for (let done = 0; done < rows; done += rowsPerTile) {
      input.words[at + tile * 4] = firstRow + done;
      input.words[at + tile * 4 + 1] = Math.min(rowsPerTile, rows - done);
      input.words[at + tile * 4 + 2] = slot;
      tile += 1;
    }
    return tile;
  }

  #fillDraw(sample: number, { edits, logprobs, mask, sampling, seed, step, stream }: Draw): void {
    const { input, settings } = this.#machine;
    const { floats, words } = input;
    const at = input.at("sampleParams") + sample * SAMPLE_PARAM_WORDS;
    let count = 0;
    if (edits.size > 0) {
      count = edits.write(this.#edits, this.#editFloats, 0, settings.maxEdits);
      this.#machine.writeEdits(sample, this.#edits.subarray(0, count * EDIT_WORDS));
    }
    floats[at] = sampling.temperature;
    words[at + 1] = sampling.topK;
    floats[at + 2] = sampling.topP;
    floats[at + 3] = sampling.minP;
    floats[at + 4] = sampling.repetitionPenalty;
    // Frequency and presence are part of the edits' biases.
    floats[at + 5] = 0;
    floats[at + 6] = 0;
    words[at + 7] = count;
    words[at + 8] = seed;
    words[at + 9] = stream;
    words[at + 10] = step;
    words[at + 11] = (logprobs === undefined ? 0 : WANT_LOGPROB) | (mask === undefined ? 0 : OBEY_MASK);
  }

  #syncTable(slot: number, table: BlockTable): void {
    const known = this.#known[slot];
    if (known?.table === table && known.version === table.version) return;
    this.#known[slot] = { table, version: table.version };
    this.#row.set(table.blocks);
    this.#machine.writeTable(slot, this.#row.subarray(0, table.blocks.length));
  }

  async #readTop(samples: number): Promise<StepResult["top"]> {
    const { alternatives } = this.#machine;
    const [ids, logprobs] = await Promise.all([
      this.#machine.read("topIds", samples),
      this.#machine.read("topLogprobs", samples),
    ]);
    return { ids: new Uint32Array(ids), logprobs: new Float32Array(logprobs), alternatives };
  }
}
