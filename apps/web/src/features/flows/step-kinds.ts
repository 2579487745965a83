/** A field of a step as the form beside the canvas shows it. */
export interface StepField {
  readonly path: readonly string[];
  readonly label: string;
  /** `fields`: names with values, written as YAML. */
  readonly form: "line" | "text" | "number" | "fields" | readonly string[];
  readonly hint?: string;
}

export const kinds = [
  "model",
  "task",
  "prompt",
  "retrieve",
  "http",
  "mcp",
  "code",
  "map",
  "branch",
  "loop",
  "approve",
] as const;
export type Kind = (typeof kinds)[number];

export const kindWords: Readonly<Record<Kind, string>> = {
  model: "Ask a model",
  task: "Call a task",
  prompt: "Ask by a kept prompt",
  retrieve: "Search documents",
  http: "Call an HTTP tool",
  mcp: "Call an MCP tool",
  code: "Run code",
  map: "For each item",
  branch: "One of several cases",
  loop: "Rounds, with a bound",
  approve: "Ask a person",
};

const line = (name: string, label: string): StepField => ({ path: [name], label, form: "line" });
const output: StepField = { path: ["output"], label: "Gives", form: "fields" };

export const kindFields: Readonly<Record<Kind, readonly StepField[]>> = {
  model: [
    line("model", "Model"),
    { path: ["system"], label: "Instruction", form: "text" },
    { path: ["prompt"], label: "Prompt", form: "text" },
    { path: ["max_tokens"], label: "Tokens at most", form: "number" },
    { path: ["temperature"], label: "Temperature", form: "number" },
    { ...output, hint: "Empty: text." },
  ],
  task: [line("task", "Task"), { path: ["input"], label: "Input", form: "fields" }],
  prompt: [line("prompt", "Prompt"), { path: ["variables"], label: "Variables", form: "fields" }],
  retrieve: [
    line("retrieve", "Collection"),
    line("query", "Search for"),
    { path: ["top"], label: "Passages at most", form: "number" },
    { path: ["by"], label: "By", form: ["hybrid", "words", "meaning"] },
  ],
  http: [
    { path: ["http", "method"], label: "Method", form: ["GET", "POST", "PUT", "PATCH", "DELETE"] },
    { path: ["http", "url"], label: "Address", form: "line" },
    { path: ["http", "headers"], label: "Headers", form: "fields" },
    { path: ["http", "body"], label: "Body", form: "fields" },
    output,
  ],
  mcp: [
    { path: ["mcp", "url"], label: "Server", form: "line" },
    { path: ["mcp", "tool"], label: "Tool", form: "line" },
    { path: ["mcp", "arguments"], label: "Arguments", form: "fields" },
    output,
  ],
  code: [
    {
      path: ["code"],
      label: "TypeScript",
      form: "text",
      hint: "Declares function run, which is given the fields below.",
    },
    { path: ["with"], label: "Given", form: "fields" },
    output,
  ],
  map: [
    line("map", "List"),
    line("as", "Each item is called"),
    { path: ["at_once"], label: "At once", form: "number" },
    { path: ["steps"], label: "Steps for each", form: "fields" },
    { path: ["output"], label: "Of each is kept", form: "fields" },
  ],
  branch: [
    line("branch", "On"),
    { path: ["cases"], label: "Cases", form: "fields" },
    { path: ["else"], label: "Else", form: "fields" },
  ],
  loop: [
    { path: ["loop"], label: "Begins with", form: "fields" },
    { path: ["most"], label: "Rounds at most", form: "number" },
    line("until", "Until"),
    { path: ["steps"], label: "Steps of a round", form: "fields" },
    { path: ["output"], label: "Next round begins with", form: "fields" },
  ],
  approve: [
    { path: ["approve"], label: "Question", form: "text" },
    { path: ["refused"], label: "When refused", form: ["stop", "go-on"] },
  ],
};

export const settingFields: readonly StepField[] = [
  { path: ["retries"], label: "Tries again", form: "number" },
  { path: ["timeout"], label: "Time limit", form: "line", hint: "30s, 5min" },
  { path: ["cache"], label: "Output stands for", form: "line", hint: "1h, 1d" },
];

/** What a new step of a kind begins as. @param input the flow's first field */
export function newStep(kind: Kind, input: string): object {
  const given = `\${input.${input}}`;
  switch (kind) {
    case "model":
      return { model: "tug-small", prompt: `Answer in one sentence: ${given}` };
    case "task":
      return { task: "name-of-a-task", input: { [input]: given } };
    case "prompt":
      return { prompt: "name-of-a-prompt@production", variables: { [input]: given } };
    case "retrieve":
      return { retrieve: "name-of-a-collection", query: given, top: 5 };
    case "http":
      return { http: { method: "GET", url: "https://tool.example/path" } };
    case "mcp":
      return { mcp: { url: "https://tool.example/mcp", tool: "name-of-a-tool", arguments: {} } };
    case "code":
      return {
        code: "function run({ value }) {\n  return { text: String(value) };\n}\n",
        with: { value: given },
        output: { text: "string" },
      };
    case "map":
      return { map: given, as: "item", steps: {}, output: `\${item}` };
    case "branch":
      return { branch: given, cases: { yes: { output: "yes" } }, else: { output: "no" } };
    case "loop":
      return { loop: { text: given }, most: 3, until: "true", steps: {}, output: { text: `\${loop.text}` } };
    case "approve":
      return { approve: "Go on?", refused: "stop" };
  }
}
