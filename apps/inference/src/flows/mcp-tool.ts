import type { Json } from "@tugboat/db";
import { z } from "zod";
import { StepFailure } from "./errors.ts";
import type { FilledAction } from "./fill-action.ts";
import { readText, refused, send, typed } from "./http-tool.ts";
import type { Made } from "./run-flow.ts";

/** Of the Model Context Protocol, its Streamable HTTP transport. */
const protocol = "2025-06-18";

const answer = z.looseObject({
  id: z.union([z.number(), z.string()]).nullish(),
  result: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
const called = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).default([]),
  structuredContent: z.json().optional(),
  isError: z.boolean().optional(),
});
const begun = z.looseObject({ protocolVersion: z.string() });

/**
 * Calls a tool of an MCP server: begins a session, calls, ends it.
 * @throws StepFailure
 */
export async function callMcp(
  { arguments: given, headers, output, tool, url }: FilledAction & { kind: "mcp" },
  { callId, signal }: { readonly callId: string; readonly signal: AbortSignal },
): Promise<Made> {
  const session: Record<string, string> = {};
  const post = async (message: object): Promise<unknown> => {
    const response = await send(url, signal, {
      method: "POST",
      headers: {
        ...headers,
        ...session,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "idempotency-key": callId,
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
    const text = await readText(response, url, signal);
    if (!response.ok) throw refused(url, response.status, text);
    const id = response.headers.get("mcp-session-id");
    if (id !== null) session["mcp-session-id"] = id;
    if (!("id" in message)) return undefined;
    return resultOf(text, response.headers.get("content-type") ?? "", message.id);
  };
  const client = { name: "tugboat", version: "1" };
  const params = { protocolVersion: protocol, capabilities: {}, clientInfo: client };
  const spoken = begun.safeParse(await post({ id: 1, method: "initialize", params }));
  if (!spoken.success) throw odd();
  session["mcp-protocol-version"] = spoken.data.protocolVersion;
  await post({ method: "notifications/initialized" });
  const result = called.safeParse(
    await post({
      id: 2,
      method: "tools/call",
      params: { name: tool, arguments: given, _meta: { "tugboat/call": callId } },
    }),
  );
  if (session["mcp-session-id"] !== undefined) {
    // The call is over; a server that won't hear of the end forgets the session by itself.
    await send(url, signal, { method: "DELETE", headers: { ...headers, ...session } }).then(
      (response) => response.body?.cancel(),
      () => {},
    );
  }
  if (!result.success) throw odd();
  const text = result.data.content.flatMap((part) => part.text ?? []).join("\n");
  if (result.data.isError === true) {
    throw new StepFailure(`The tool ${tool} failed: ${text.slice(0, 300)}.`, "Look at its arguments.", {
      again: false,
    });
  }
  const data = result.data.structuredContent ?? jsonOf(text);
  return { output: { text, data: typed(data, output, `The answer of ${tool}`) } };
}

function jsonOf(text: string): Json {
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    return text;
  }
}

/** The answer to a request, of a JSON body or of a stream of events. */
function resultOf(text: string, type: string, id: unknown): unknown {
  const messages = type.includes("text/event-stream")
    ? text.split(/\r?\n\r?\n/).flatMap((event) => {
        const data = event
          .split(/\r?\n/)
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5).trim());
        return data.length === 0 ? [] : [data.join("\n")];
      })
    : [text];
  for (const message of messages) {
    let json: unknown;
    try {
      json = JSON.parse(message);
    } catch {
      throw odd();
    }
    const parsed = answer.safeParse(json);
    if (!parsed.success || parsed.data.id !== id) continue;
    if (parsed.data.error !== undefined) {
      const hint = "See which tools the server has, and what they take.";
      throw new StepFailure(`The MCP server refused: ${parsed.data.error.message}.`, hint, { again: false });
    }
    return parsed.data.result;
  }
  throw odd();
}

function odd(): StepFailure {
  return new StepFailure("What answers is no MCP server.", "Its url ends in /mcp as a rule.", { again: false });
}
