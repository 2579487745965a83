import { expect, it } from "vitest";
import { answersOf, asCurl, messagesOf, playgroundHref, whereTimeWent } from "./trace-words.ts";
import type { Span, Trace } from "./types.ts";

const trace: Trace = {
  id: "0190f6a2-7c1e-7b3d-9f00-123456789012",
  at: "2026-11-23T12:00:00.000Z",
  requestId: "req_1",
  kind: "chat",
  model: "tug-small",
  target: "tug-small",
  alias: null,
  status: "done",
  httpStatus: 200,
  error: null,
  cache: "miss",
  inputTokens: 10,
  cachedTokens: 0,
  outputTokens: 5,
  ttftMs: 10,
  queueMs: 1,
  durationMs: 100,
  costMicroUsd: 1,
  preview: "hi",
  key: null,
  user: null,
  project: null,
  thumbs: null,
};
const span = (name: string, startMs: number, durationMs: number, parentId: string | null): Span => ({
  id: name,
  parentId,
  name,
  service: "tugboat",
  startMs,
  durationMs,
  failed: false,
  attributes: {},
});
const spans = [span("chat", 0, 100, null), span("queue", 1, 5, "chat"), span("decode", 10, 88, "chat")];
const input = {
  temperature: 0.5,
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "it's" },
  ],
};

it("say why a request took its time", () => {
  const detail = { trace, traceHex: "", spans, body: null, feedback: [] };
  expect(whereTimeWent(detail)).toBe("100\u00a0ms, 88 % of it writing the answer.");
  const refused = { ...trace, status: "refused", error: "model_not_found" } as const;
  expect(whereTimeWent({ ...detail, trace: refused })).toContain("model_not_found");
});

it("read what was asked and answered, in each of the forms", () => {
  expect(messagesOf(input).map(({ role }) => role)).toEqual(["system", "user"]);
  expect(messagesOf({ prompt: "Once" })).toEqual([{ role: "prompt", text: "Once" }]);
  expect(
    messagesOf({ messages: [{ role: "user", content: [{ type: "text", text: "a" }, { type: "image_url" }] }] }),
  ).toEqual([{ role: "user", text: "a\n[image_url]" }]);
  expect(answersOf([{ content: "", toolCalls: [{ name: "find", arguments: "{}" }], finish: "tool_calls" }])).toEqual([
    { text: "find({})", finish: "tool_calls" },
  ]);
  expect(answersOf({ error: {} })).toEqual([]);
});

it("go on in the playground and in a shell", () => {
  const query = new URL(playgroundHref(trace, input), "http://x").searchParams;
  expect([query.get("model"), query.get("system"), query.getAll("user"), query.get("temperature")]).toEqual([
    "tug-small",
    "Be brief.",
    ["it's"],
    "0.5",
  ]);
  expect(asCurl(trace, input, "http://api/v1")).toContain(`it'\\''s`);
});
