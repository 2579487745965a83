import { z } from "zod";
import type { CliContext } from "./context.ts";
import { CliError } from "./output.ts";
import { reach } from "./tour/reach.ts";

/** The management API, for commands that ask a running service. Every call throws CliError with what it refused. */
export interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
  /** Sends a body of any size as it is read. */
  send(path: string, body: ReadableStream<Uint8Array>): Promise<unknown>;
  /** The answer before its body is read. */
  open(path: string): Promise<Response>;
}

const refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

/** @throws CliError `not-started` */
export async function apiOf(context: CliContext): Promise<Api> {
  const { service } = await reach(context);
  const ask = async (path: string, init: RequestInit & { readonly duplex?: "half" } = {}): Promise<Response> => {
    const headers = { ...init.headers, authorization: `Bearer ${service.apiKey}` };
    let response: Response;
    try {
      response = await fetch(`${service.apiUrl}/api/${path}`, { ...init, headers });
    } catch {
      throw new CliError("unreachable", `Nothing answers at ${service.apiUrl}.`, "Start Tugboat with `npm start`.");
    }
    if (response.ok) return response;
    const said = refusal.safeParse(await response.json().catch(() => undefined)).data?.error;
    throw new CliError(said?.code ?? "refused", said?.message ?? "It gave no reason.", said?.hint);
  };
  return {
    get: async (path) => (await ask(path)).json(),
    post: async (path, body) => {
      const headers = { "content-type": "application/json" };
      return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
    },
    send: async (path, body) => {
      const headers = { "content-type": "application/octet-stream" };
      return (await ask(path, { method: "POST", headers, body, duplex: "half" })).json();
    },
    open: (path) => ask(path),
  };
}
