import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Content {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface PageServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Bundles the page and its worker from the engine's sources, and serves them with a model. */
export async function servePage(model: string): Promise<PageServer> {
  const files = new Map<string, Content>([
    ["/", { type: "text/html; charset=utf-8", bytes: readFileSync(here("page.html")) }],
    ["/model.gguf", { type: "application/octet-stream", bytes: readFileSync(model) }],
  ]);
  for (const name of ["page", "worker"]) {
    files.set(`/${name}.js`, { type: "text/javascript; charset=utf-8", bytes: await bundle(`${name}.ts`) });
  }
  const server = createServer((request, response) => {
    const content = files.get(new URL(request.url ?? "/", "http://localhost").pathname);
    // Both are what makes SharedArrayBuffer, and with it threads, available to the page.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    response.setHeader("content-type", content?.type ?? "text/plain");
    response.statusCode = content ? 200 : 404;
    response.end(content?.bytes ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@tugboat/source"],
    logLevel: "error",
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`${entry} gave no bundle.`);
  return output.contents;
}
