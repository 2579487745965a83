import type { Tone } from "../../ui/badge.tsx";
import { duration, plural, written } from "../../ui/format.ts";
import type { Span, Trace, TraceDetail } from "./types.ts";

export const statusWords: Readonly<Record<Trace["status"], { readonly word: string; readonly tone: Tone }>> = {
  done: { word: "Answered", tone: "good" },
  aborted: { word: "Client left", tone: "warn" },
  error: { word: "Failed", tone: "bad" },
  refused: { word: "Refused", tone: "warn" },
};

/** Who asked, as a person would say it. */
export function askedBy({ key, kind, user }: Trace): string {
  if (key) return key.name;
  if (user) return kind === "playground" ? `${user.name}, playground` : user.name;
  return "this machine";
}

/** Why it took as long as it did: the step that took most of it. */
export function whereTimeWent({ spans, trace }: TraceDetail): string {
  const time = written(duration(trace.durationMs));
  if (trace.status === "refused") return `Refused after ${time}${trace.error ? `: ${trace.error}` : ""}.`;
  const [longest] = spans.filter((span) => isStep(span, spans)).sort((a, b) => b.durationMs - a.durationMs);
  if (longest === undefined || trace.durationMs === 0) return `It took ${time}.`;
  const share = Math.round((100 * longest.durationMs) / trace.durationMs);
  const step = stepWords[longest.name] ?? longest.name;
  return share >= 20 ? `${time}, ${share} % of it ${step}.` : `${time}, spread over ${plural(spans.length, "step")}.`;
}

/** Steps of this request that hold no other steps. */
function isStep(span: Span, spans: readonly Span[]): boolean {
  return span.service === "tugboat" && span.startMs >= 0 && !spans.some(({ parentId }) => parentId === span.id);
}

const stepWords: Readonly<Record<string, string>> = {
  key: "checking the key",
  route: "finding who answers",
  plan: "choosing the plan",
  queue: "waiting for a free turn",
  prefill: "reading the prompt",
  decode: "writing the answer",
  upstream: "waiting for the upstream",
};

/** A request's messages, as far as they are some; else its prompt. */
export function messagesOf(input: unknown): readonly { readonly role: string; readonly text: string }[] {
  if (typeof input !== "object" || input === null) return [];
  if ("messages" in input && Array.isArray(input.messages)) {
    return input.messages.map((message: unknown) => {
      const { content, role, tool_calls: calls } = Object(message);
      const text = contentText(content);
      return {
        role: typeof role === "string" ? role : "user",
        text: text || (calls ? JSON.stringify(calls, null, 2) : ""),
      };
    });
  }
  const prompt = "prompt" in input ? input.prompt : "input" in input ? input.input : undefined;
  if (prompt === undefined) return [];
  return [{ role: "prompt", text: typeof prompt === "string" ? prompt : JSON.stringify(prompt, null, 2) }];
}

/** What each choice of an answer said. */
export function answersOf(output: unknown): readonly { readonly text: string; readonly finish: string | undefined }[] {
  if (!Array.isArray(output)) return [];
  return output.map((choice: unknown) => {
    const { content, finish, toolCalls } = Object(choice);
    const calls = Array.isArray(toolCalls)
      ? toolCalls.map((call: unknown) => `${String(Object(call).name)}(${String(Object(call).arguments)})`).join("\n")
      : "";
    const text = [typeof content === "string" ? content : "", calls].filter((part) => part !== "").join("\n");
    return { text, finish: typeof finish === "string" ? finish : undefined };
  });
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) => {
      const { text, type } = Object(part);
      return typeof text === "string" ? text : `[${String(type)}]`;
    })
    .join("\n");
}

/** Where the playground takes up the same conversation. */
export function playgroundHref(trace: Trace, input: unknown): string {
  const query = new URLSearchParams({ model: trace.model });
  const messages = messagesOf(input);
  const { temperature, seed } = Object(input);
  if (typeof temperature === "number") query.set("temperature", String(temperature));
  if (typeof seed === "number") query.set("seed", String(seed));
  for (const { role, text } of messages) {
    if (role === "system" || role === "developer") query.set("system", text);
    else if (role === "assistant") query.append("answer", text);
    else query.append("user", text);
  }
  return `/playground?${query}`;
}

/** The same request as a command that runs as pasted, once the key is in its place. */
export function asCurl(trace: Trace, input: unknown, baseUrl: string): string {
  const path = trace.kind === "completion" || "prompt" in Object(input) ? "completions" : "chat/completions";
  const endpoint = trace.kind === "embedding" ? "embeddings" : path;
  const body = JSON.stringify(input, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl '${baseUrl}/${endpoint}' \\`,
    `  -H "Authorization: Bearer $TUGBOAT_API_KEY" \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body}'`,
  ].join("\n");
}
