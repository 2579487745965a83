/** How rotary position embeddings (Su et al. 2021) are stretched beyond the context of the training. */
export type RopeScaling =
  | { readonly kind: "none" }
  /** Chen et al. 2023: positions divided by `factor`. */
  | { readonly kind: "linear"; readonly factor: number }
  /** Frequencies divided one by one: Llama 3's, as GGUF stores them. */
  | { readonly kind: "factors"; readonly factors: ArrayLike<number> }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    }
  /** Peng et al. 2023. `magnitude` multiplies sines and cosines. */
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly originalContext: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly magnitude: number;
    }
  /** Ding et al. 2024: `short` up to the original context, `long` for more. */
  | {
      readonly kind: "longrope";
      readonly short: ArrayLike<number>;
      readonly long: ArrayLike<number>;
      readonly originalContext: number;
      readonly magnitude: number;
    };

export interface RopeSpec {
  /** Which elements turn together: `2i` and `2i + 1`, or `i` and `i + dimensions / 2`. */
  readonly style: "interleaved" | "halves";
  /** Elements of a head that are rotated, from its first on; even. */
  readonly dimensions: number;
  readonly base: number;
  readonly scaling: RopeScaling;
}

/** YaRN's attention factor for a stretch by `factor` (Peng et al. 2023, section 3.4): 0.1 ln(factor) + 1. */
export function yarnMagnitude(factor: number): number {
  return factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
}

/** Radians per position of each rotated pair, `[dimensions / 2]`, when `context` tokens are served. */
export function ropeFrequencies(spec: RopeSpec, context: number): Float64Array {
  const { base, dimensions, scaling } = spec;
  const plain = Float64Array.from({ length: dimensions / 2 }, (_, i) => base ** ((-2 * i) / dimensions));
  switch (scaling.kind) {
    case "none":
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / scaling.factor);
    case "factors":
      return plain.map((frequency, i) => frequency / scaling.factors[i]!);
    case "longrope": {
      const factors = context > scaling.originalContext ? scaling.long : scaling.short;
      return plain.map((frequency, i) => frequency / factors[i]!);
    }
    case "llama3": {
      const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
      return plain.map((frequency) => {
        const turns = (originalContext * frequency) / (2 * Math.PI);
        if (turns > high) return frequency;
        if (turns < low) return frequency / factor;
        const smooth = (turns - low) / (high - low);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      });
    }
    case "yarn": {
      const { factor, betaFast, betaSlow, originalContext } = scaling;
      // The pair that turns `turns` times over the original context.
      const pairOf = (turns: number) =>
        (dimensions * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(base));
      const first = Math.max(0, Math.floor(pairOf(betaFast)));
      const last = Math.min(dimensions - 1, Math.ceil(pairOf(betaSlow)));
      return plain.map((frequency, i) => {
        const stretched = Math.min(1, Math.max(0, (i - first) / Math.max(0.001, last - first)));
        return frequency * (1 - stretched) + (frequency / factor) * stretched;
      });
    }
  }
}

/**
 * Cosines and sines, computed in float64: `[context, dimensions / 2, 2]`, cosine first.
 * Positions are exact at any length, which `cos(f32 angle)` on a device is not.
 */
export function ropeTable(spec: RopeSpec, context: number): Float32Array<ArrayBuffer> {
  const frequencies = ropeFrequencies(spec, context);
  const { scaling } = spec;
  const magnitude = scaling.kind === "yarn" || scaling.kind === "longrope" ? scaling.magnitude : 1;
  const table = new Float32Array(context * spec.dimensions);
  let at = 0;
  for (let position = 0; position < context; position++) {
    for (let i = 0; i < frequencies.length; i++) {
      const angle = position * frequencies[i]!;
      table[at++] = Math.cos(angle) * magnitude;
      table[at++] = Math.sin(angle) * magnitude;
    }
  }
  return table;
}
