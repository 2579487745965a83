import { z } from "zod";
import type { UpstreamEntry } from "../routing/target.ts";
import { UpstreamError } from "./errors.ts";
import { send } from "./http.ts";
import { refusal } from "./refusal.ts";

const list = z.object({ data: z.array(z.object({ id: z.string().min(1).max(256) })) });
const maxListBytes = 8 << 20;
const maxModels = 2000;

/** What an upstream says that it serves. @throws UpstreamError */
export async function listModels(upstream: UpstreamEntry, signal: AbortSignal): Promise<string[]> {
  const response = await send({ upstream, path: "/models", method: "GET", accept: "application/json", signal });
  if (response.status !== 200) throw await refusal(upstream, "a list of models", response);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body) {
    pieces.push(piece);
    size += piece.length;
    if (size > maxListBytes) break;
  }
  const parsed = list.safeParse(jsonOf(Buffer.concat(pieces).toString("utf8")));
  if (parsed.success) return [...new Set(parsed.data.data.map(({ id }) => id))].slice(0, maxModels);
  throw new UpstreamError("bad-answer", `What ${upstream.name} answers to /models is not a list of models.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
