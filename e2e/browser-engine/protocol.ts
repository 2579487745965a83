/** What the page asks of its worker, and what it hears. */
export interface Task {
  readonly device: "webgpu" | "cpu";
  readonly modelUrl: string;
  readonly prompt: string;
  readonly maxTokens: number;
}

export type Report =
  | { readonly type: "loading"; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly type: "loaded"; readonly device: string; readonly threads: number; readonly milliseconds: number }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "done"; readonly tokens: number; readonly tokensPerSecond: number }
  | { readonly type: "failed"; readonly message: string };
