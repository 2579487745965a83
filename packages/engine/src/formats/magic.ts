import { FormatError } from "./errors.ts";
import type { ByteSource } from "./types.ts";

/** What people hand over in place of a model, recognised by its first bytes. */
const impostors: readonly { readonly starts: RegExp; readonly is: string; readonly hint: string }[] = [
  {
    starts: /^version https:\/\/git-lfs/,
    is: "a Git LFS pointer, not the file itself",
    hint: "Fetch the content: git lfs pull.",
  },
  {
    starts: /^\s*<(!doctype|html|\?xml)/i,
    is: "a web page, not a model",
    hint: "The download gave an error or sign-in page: open the link in a browser to see it.",
  },
  { starts: /^GGUF/, is: "a GGUF file", hint: "Give it a name that ends in .gguf." },
  {
    starts: /^(lmgg|fmgg|tjgg|algg|ggml|ggjt|ggmf|ggla)/,
    is: "in a GGML format older than GGUF",
    hint: "Use a newer conversion of this model.",
  },
  {
    starts: /^PK/,
    is: "a ZIP archive, perhaps a PyTorch checkpoint",
    hint: "Use the model's safetensors or GGUF files.",
  },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: gzip's magic
  { starts: /^\x1f\x8b/, is: "compressed with gzip", hint: "Decompress it first." },
];

/** The error for a file that is not in the wanted format, with a guess at what it is. */
export async function foreignFile(source: ByteSource, wanted: string): Promise<FormatError> {
  const head = new Uint8Array(Math.min(64, source.size));
  await source.read(0, head);
  const text = String.fromCharCode(...head);
  const impostor = impostors.find(({ starts }) => starts.test(text));
  if (impostor !== undefined) {
    return new FormatError("not-this-format", `${source.name} is ${impostor.is}`, impostor.hint);
  }
  const hex = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new FormatError(
    "not-this-format",
    `${source.name} is no ${wanted} file: it starts with the bytes ${hex}`,
    "Models are read from GGUF files and from Hugging Face folders with safetensors.",
  );
}
