/** Where a hub id points: `owner/name`, `owner/name@revision`, `owner/name/file.gguf`. */
export interface HubReference {
  readonly repository: string;
  readonly revision: string;
  /** One GGUF file of several. */
  readonly file: string | undefined;
}

/** @returns undefined when the text is no hub id */
export function parseHubReference(text: string): HubReference | undefined {
  const plain = text.replace(/^(hf:\/\/|hf:|https:\/\/huggingface\.co\/)/, "");
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?(?:\/([\w./-]+\.gguf))?$/.exec(plain);
  if (match?.[1] === undefined || plain.split("/").some((part) => part === "." || part === "..")) return undefined;
  return { repository: match[1], revision: match[2] ?? "main", file: match[3] };
}
