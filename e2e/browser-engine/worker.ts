import { loadEngine } from "@tugboat/engine";
import { openModelFromUrl } from "@tugboat/engine/browser";
import type { Report, Task } from "./protocol.ts";

const report = (message: Report) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    await run(data);
  } catch (error) {
    report({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
};

/** Loads the model on the wanted device and continues the prompt greedily. */
async function run({ device, modelUrl, prompt, maxTokens }: Task): Promise<void> {
  const began = performance.now();
  const source = await openModelFromUrl(modelUrl);
  const engine = await loadEngine(source, {
    device,
    onProgress: ({ stage, done, total }) => report({ type: "loading", stage, done, total }),
  });
  const { kind, threads } = engine.info.device;
  report({ type: "loaded", device: kind, threads, milliseconds: performance.now() - began });
  for await (const event of engine.generate({ prompt: { text: prompt }, temperature: 0, maxTokens })) {
    if (event.type === "token" || event.type === "finish") report({ type: "text", text: event.text });
    if (event.type === "done") {
      report({
        type: "done",
        tokens: event.usage.completionTokens,
        tokensPerSecond: event.timings.tokensPerSecond,
      });
    }
  }
  await engine.close();
}
