import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const content = readFileSync(fileURLToPath(new URL("../../models/stories260K/stories260K.gguf", import.meta.url)));
const file = "stories-q8_0.gguf";

export interface FakeHub {
  readonly endpoint: string;
  /** The one model that it has. */
  readonly model: string;
  /** Lets nothing of the model's file through until `release`. */
  readonly hold: () => void;
  readonly release: () => void;
  readonly close: () => void;
}

/** A model hub on this machine, with one small model: the part of the hub's API that its client asks. */
export async function startFakeHub(): Promise<FakeHub> {
  let gate = Promise.resolve();
  let open = () => {};
  const model = "harbour/stories";
  const lfs = { oid: createHash("sha256").update(content).digest("hex"), size: content.length, pointerSize: 130 };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://hub");
    if (pathname === `/api/models/${model}/tree/main`) {
      response.setHeader("content-type", "application/json");
      const entry = { type: "file", path: file, size: content.length, oid: "f".repeat(40), lfs };
      return response.end(JSON.stringify([entry]));
    }
    if (pathname !== `/${model}/resolve/main/${file}`) {
      response.statusCode = 404;
      return response.end("There is no such model.");
    }
    const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const start = Number(from);
    const end = to === "" ? content.length - 1 : Math.min(Number(to), content.length - 1);
    if (end > 0) await gate;
    const range = `bytes ${start}-${end}/${content.length}`;
    response.writeHead(206, { etag: '"x"', "content-length": end - start + 1, "content-range": range });
    response.end(content.subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    endpoint,
    model,
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
    close: () => {
      open();
      server.closeAllConnections();
      server.close();
    },
  };
}
