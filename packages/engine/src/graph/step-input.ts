import { LOW_RANK_TILE_WORDS, SAMPLE_PARAM_WORDS } from "@tugboat/kernels";
import { align } from "./memory.ts";

/** What one step reads besides weights and cache, as sections of one buffer: one write a step. */
export interface StepLimits {
  readonly maxRows: number;
  readonly maxSamples: number;
  readonly maxSequences: number;
}

/** u32 words of each section. */
const sections = {
  tokens: (limits: StepLimits) => limits.maxRows,
  placements: (limits: StepLimits) => limits.maxRows * 2,
  decodeTiles: (limits: StepLimits) => limits.maxSequences * 4,
  // However many rows a tile takes, so that every stage of a model has the same layout.
  prefillTiles: (limits: StepLimits) => (limits.maxRows + limits.maxSequences) * 4,
  sampleRows: (limits: StepLimits) => limits.maxSamples,
  sampleParams: (limits: StepLimits) => limits.maxSamples * SAMPLE_PARAM_WORDS,
  copies: (limits: StepLimits) => limits.maxSequences * 2,
  adapterTiles: (limits: StepLimits) => limits.maxRows * LOW_RANK_TILE_WORDS,
};

export type StepSection = keyof typeof sections;

/** Host copy of the step's input. */
export class StepInput {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly floats: Float32Array<ArrayBuffer>;
  readonly #ranges: Readonly<Record<StepSection, { offset: number; size: number }>>;

  constructor(limits: StepLimits) {
    let bytes = 0;
    const place = (section: StepSection) => {
      const size = sections[section](limits) * 4;
      const range = { offset: bytes, size };
      bytes += align(size);
      return range;
    };
    this.#ranges = {
      tokens: place("tokens"),
      placements: place("placements"),
      decodeTiles: place("decodeTiles"),
      prefillTiles: place("prefillTiles"),
      sampleRows: place("sampleRows"),
      sampleParams: place("sampleParams"),
      copies: place("copies"),
      adapterTiles: place("adapterTiles"),
    };
    const memory = new ArrayBuffer(bytes);
    this.words = new Uint32Array(memory);
    this.floats = new Float32Array(memory);
  }

  /** In bytes. */
  range(section: StepSection): { readonly offset: number; readonly size: number } {
    return this.#ranges[section];
  }

  /** Index of a section's first word. */
  at(section: StepSection): number {
    return this.#ranges[section].offset / 4;
  }
}
