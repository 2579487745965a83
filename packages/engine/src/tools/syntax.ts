/**
 * How a model writes the calls of tools in its answer. A call is always `{"name": "…", "<argumentsKey>": {…}}`; what
 * stands around it differs.
 */
export interface ToolSyntax {
  readonly name: "hermes" | "llama" | "mistral";
  /** Begins the calls, after whatever text there is. Empty: a call begins with its own brace. */
  readonly open: string;
  /** Between the opening and the first call, between two calls, and after the last. */
  readonly before: string;
  readonly between: string;
  readonly after: string;
  readonly argumentsKey: "arguments" | "parameters";
  /** A control token of the model that is to be read as the opening's text. */
  readonly spoken: string | undefined;
  /** Whether the model's template shows the tools by itself; otherwise they are put into the instruction. */
  readonly native: boolean;
}

const hermes: ToolSyntax = {
  name: "hermes",
  open: "<tool_call>",
  before: "\n",
  between: "\n</tool_call>\n<tool_call>\n",
  after: "\n</tool_call>",
  argumentsKey: "arguments",
  spoken: "<tool_call>",
  native: true,
};

const llama: ToolSyntax = {
  name: "llama",
  open: "",
  before: "",
  between: "; ",
  after: "",
  argumentsKey: "parameters",
  spoken: undefined,
  native: true,
};

const mistral: ToolSyntax = {
  name: "mistral",
  open: "[TOOL_CALLS]",
  before: "[",
  between: ", ",
  after: "]",
  argumentsKey: "arguments",
  spoken: "[TOOL_CALLS]",
  native: true,
};

/**
 * The syntax that a chat template speaks: Hermes' (Qwen and many others), Llama 3's, Mistral's. A model whose template knows
 * no tools is told of them in Hermes' way.
 * @param source the template's Jinja
 */
export function toolSyntaxOf(source: string | undefined): ToolSyntax {
  if (source?.includes("<tool_call>")) return hermes;
  if (source?.includes("[TOOL_CALLS]")) return mistral;
  if (source !== undefined && /python_tag|ipython/.test(source) && /\btools\b/.test(source)) return llama;
  return { ...hermes, native: false };
}
