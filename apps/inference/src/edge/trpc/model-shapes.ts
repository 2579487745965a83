import { z } from "zod";

const count = z.int().nonnegative();
const part = z.enum(["embedding", "attention", "feed-forward", "norms", "output"]);

/** What a model is made of. Sizes are of its file; shapes are `[outputs, inputs]` or `[length]`. */
export const modelFacts = z.object({
  anatomy: z.object({
    architecture: z.string(),
    layers: count,
    dim: count,
    ffn: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    vocabulary: count,
    trainedContext: count,
    /** How the layers attend; `window` and `ropeBase` are null where there is none. */
    attention: z
      .array(z.object({ layers: count, window: count.nullable(), ropeBase: z.number().nullable() }))
      .readonly(),
    headNorms: z.boolean(),
    attentionSoftcap: z.number().nullable(),
    outputSoftcap: z.number().nullable(),
    tiedEmbeddings: z.boolean(),
    parameters: count,
    bytes: count,
    parts: z.array(z.object({ part, parameters: count, bytes: count })).readonly(),
    tensors: z
      .array(
        z.object({
          /** `blk.*.` for the same tensor of every layer. */
          name: z.string(),
          part,
          shape: z.array(count).readonly(),
          types: z.array(z.string()).readonly(),
          count,
          parameters: count,
          bytes: count,
        }),
      )
      .readonly(),
  }),
  tokenizer: z.object({
    kind: z.string(),
    vocabulary: count,
    addsBos: z.boolean(),
    special: z.array(z.object({ id: count, text: z.string(), role: z.string() })).readonly(),
  }),
  chat: z.object({
    origin: z.enum(["model", "chatml", "transcript"]),
    /** Jinja; null where a stand-in is used. */
    source: z.string().nullable(),
    supportsTools: z.boolean(),
    example: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string() })).readonly(),
    rendered: z.string().nullable(),
    problem: z.string().nullable(),
  }),
});

export const textToken = z.object({
  id: count,
  text: z.string(),
  bytes: z.array(z.int().min(0).max(255)).readonly(),
  special: z.boolean(),
});

/** What a model needs on this machine, in bytes, and whether that is there. */
export const memoryFacts = z.object({
  weights: z.number(),
  cache: z.number(),
  overhead: z.number(),
  needed: z.number(),
  /** The context that this serves, in tokens. */
  contextLength: count,
  available: z.number(),
  verdict: z.enum(["fits", "tight", "too-large"]),
  sentence: z.string(),
});

export const machineFacts = z.object({
  /** Bytes of memory: of the machine, and of it for models. */
  total: z.number(),
  forModels: z.number(),
  device: z.enum(["cpu", "webgpu"]),
  /** The largest file that may be uploaded, in bytes. */
  uploadLimit: z.number(),
});

export type ModelFactsView = z.output<typeof modelFacts>;
export type MemoryView = z.output<typeof memoryFacts>;
export type MachineFacts = z.output<typeof machineFacts>;
export type TextTokenView = z.output<typeof textToken>;

/** Reads models' files. @throws CatalogError `bad-source`, `bad-model` */
export interface ModelReading {
  memory(
    path: string,
    device: MachineFacts["device"],
  ): Promise<{ weights: number; cache: number; rest: number; contextLength: number }>;
  facts(path: string): Promise<ModelFactsView>;
  /** Why one model can't guess what another will write; undefined: it can. */
  draftProblem(path: string, draftPath: string): Promise<string | undefined>;
  tokenize(path: string, text: string, special: boolean): Promise<readonly TextTokenView[]>;
}
