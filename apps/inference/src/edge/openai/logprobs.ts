import type { TokenLogprobs } from "@tugboat/engine";

export interface ChatLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs: { token: string; logprob: number; bytes: number[] }[];
}

/** OpenAI's form for chat. */
export function chatLogprob(token: TokenLogprobs): ChatLogprob {
  const entry = ({ text, logprob, bytes }: Omit<TokenLogprobs, "top">) => ({
    token: text,
    logprob: finite(logprob),
    bytes: [...bytes],
  });
  return { ...entry(token), top_logprobs: token.top.map(entry) };
}

/** OpenAI's form for plain completions: parallel lists. */
export interface CompletionLogprobs {
  tokens: string[];
  token_logprobs: number[];
  top_logprobs: Record<string, number>[];
  /** Where each token begins in the choice's text, in UTF-16 units. */
  text_offset: number[];
}

export function completionLogprobs(
  entries: readonly { offset: number; logprobs: TokenLogprobs }[],
): CompletionLogprobs {
  return {
    tokens: entries.map(({ logprobs }) => logprobs.text),
    token_logprobs: entries.map(({ logprobs }) => finite(logprobs.logprob)),
    top_logprobs: entries.map(({ logprobs }) =>
      Object.fromEntries(logprobs.top.map(({ text, logprob }) => [text, finite(logprob)])),
    ),
    text_offset: entries.map(({ offset }) => offset),
  };
}

/** JSON has no infinity; OpenAI writes -9999 for a token that could not be chosen. */
function finite(logprob: number): number {
  return Number.isFinite(logprob) ? logprob : -9999;
}
