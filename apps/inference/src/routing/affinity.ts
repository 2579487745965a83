import { createHash } from "node:crypto";

/** What a request wants to stay near: where its prefix, or its user's last prompts, were computed before. */
export interface Affinity {
  /** Requests with the same one belong together. Names its organization too. */
  readonly key: string;
  /** Tells apart the conversations of one key, for when the key is spread over several places. */
  readonly fine: string;
  readonly kind: "session" | "cache key" | "user" | "prefix";
  /** As people know it; a prefix by its fingerprint. */
  readonly label: string;
  /** Whose it is. */
  readonly scope: string;
}

/** What a client said its request belongs to. */
export interface SaidAffinity {
  readonly kind: Exclude<Affinity["kind"], "prefix">;
  readonly value: string;
}

/** Of a prompt, what decides which texts it shares a beginning with. */
export type AffinePrompt =
  | { readonly text: string }
  | { readonly tokens: readonly number[] }
  | {
      readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
      readonly tools?: readonly unknown[];
    };

/** Characters or tokens of a plain prompt that are looked at: some KV blocks' worth. */
const lead = 512;
const leadTokens = 128;
const labelLength = 64;

/**
 * The affinity of a request: what its client said, else its prefix. A chat's prefix is its instruction with the tools, and
 * without one its first message, which all turns of a conversation share.
 */
export function affinityOf(
  scope: string,
  model: string,
  said: SaidAffinity | undefined,
  prompt: AffinePrompt,
): Affinity {
  const { coarse, fine } = fingerprints(prompt);
  const kind = said?.kind ?? "prefix";
  const key = digest([scope, model, kind, said?.value ?? coarse]);
  const label = said === undefined ? coarse.slice(0, 12) : said.value.slice(0, labelLength);
  return { key, fine, kind, label, scope };
}

function fingerprints(prompt: AffinePrompt): { coarse: string; fine: string } {
  if ("text" in prompt) return plain(prompt.text.slice(0, lead), prompt.text.slice(0, 2 * lead));
  if ("tokens" in prompt) return plain(prompt.tokens.slice(0, leadTokens), prompt.tokens.slice(0, 2 * leadTokens));
  const { messages, tools = [] } = prompt;
  const other = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const instructions = other === -1 ? messages : messages.slice(0, other);
  const opening = messages.slice(0, instructions.length + 1);
  const isInstructed = instructions.length > 0 || tools.length > 0;
  return plain([tools, isInstructed ? instructions : opening], opening);
}

function plain(coarse: unknown, fine: unknown): { coarse: string; fine: string } {
  return { coarse: digest(coarse), fine: digest(fine) };
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);
}
