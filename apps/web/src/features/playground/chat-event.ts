import type { TokenLikelihood } from "./types.ts";

/** What comes of one streamed answer, whoever computes it. */
export type ChatEvent =
  | { readonly type: "open"; readonly requestId: string | undefined }
  /** What is going on before the first text, in words. */
  | { readonly type: "progress"; readonly words: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tokens"; readonly tokens: readonly TokenLikelihood[] }
  | { readonly type: "cost"; readonly microUsd: number }
  | { readonly type: "finish"; readonly reason: string }
  | {
      readonly type: "usage";
      readonly promptTokens: number;
      readonly completionTokens: number;
      readonly cachedTokens: number;
    };
