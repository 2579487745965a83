import type { Report, Task } from "./protocol.ts";

const prompt = "Once upon a time";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** Generates in a worker; what comes is shown as it comes. */
function generate(device: Task["device"]): void {
  const status = element("status");
  const text = element("text");
  text.textContent = "";
  document.body.dataset.state = "running";
  const worker = new Worker("worker.js", { type: "module" });
  const finish = (state: "done" | "failed", words: string) => {
    status.textContent = words;
    document.body.dataset.state = state;
    worker.terminate();
  };
  worker.onerror = (event) => finish("failed", event.message || "The worker could not be started.");
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    switch (data.type) {
      case "loading":
        status.textContent = `${data.stage} ${data.done} of ${data.total}`;
        break;
      case "loaded":
        document.body.dataset.device = data.device;
        status.textContent = `${data.device}, ${data.threads} threads, loaded in ${Math.round(data.milliseconds)} ms`;
        break;
      case "text":
        text.textContent += data.text;
        break;
      case "done":
        finish("done", `${status.textContent}; ${data.tokens} tokens, ${Math.round(data.tokensPerSecond)} tok/s`);
        break;
      case "failed":
        finish("failed", data.message);
    }
  };
  const task: Task = { device, modelUrl: new URL("model.gguf", location.href).href, prompt, maxTokens: 64 };
  worker.postMessage(task);
}

for (const device of ["webgpu", "cpu"] as const) {
  element(device).addEventListener("click", () => generate(device));
}
document.body.dataset.state = "ready";
