/** What clients and machines do wrong, against the real service. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

const errorBody = z.strictObject({
  error: z.strictObject({
    message: z.string().min(5),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

async function post(body: BodyInit, headers: Record<string, string> = {}, path = "/v1/completions") {
  const response = await fetch(`${service.url}${path}`, {
    method: "POST",
    body,
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json", ...headers },
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
  return { status: response.status, headers: response.headers, error: errorBody.parse(await response.json()).error };
}

async function stillServes(): Promise<void> {
  const response = await fetch(`${service.url}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "stories260K", prompt: "Once upon a time", temperature: 0, max_tokens: 10 }),
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
  });
  expect(response.status).toBe(200);
}

describe("bodies", () => {
  it("refuses a declared size past the limit without reading it", async () => {
    const sent = await new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
      let bytes = 0;
      const request = httpRequest(
        `${service.url}/v1/completions`,
        {
          method: "POST",
          headers: {
            authorization: `Bearer ${service.apiKey}`,
            "content-type": "application/json",
            "content-length": 2 ** 30,
          },
        },
        (response: IncomingMessage) => {
          resolve({ status: response.statusCode, bytes });
          request.destroy();
        },
      );
      request.on("error", reject);
      bytes += 10;
      request.write("x".repeat(10));
    });
    expect(sent).toEqual({ status: 413, bytes: 10 });
    await stillServes();
  });

  it("stops reading an endless body", async () => {
    const sent = await new Promise<{ answer: string; bytes: number; code: string }>((resolve, reject) => {
      let bytes = 0;
      let answer = "";
      let code = "";
      const { hostname, port } = new URL(service.url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.apiKey}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
        );
        const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
        const pump = () => {
          while (socket.writable && answer === "") {
            bytes += 65_536;
            if (!socket.write(chunk)) return void socket.once("drain", pump);
          }
        };
        pump();
      });
      socket.on("data", (data) => {
        answer += data;
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        code = error.code ?? "";
      });
      socket.on("close", () => resolve({ answer, bytes, code }));
      socket.setTimeout(20_000, () => reject(new Error("the service went on reading")));
    });
    // A client that goes on sending into a closed connection may get the reset before the answer (RFC 9112, 9.6).
    if (sent.answer === "") expect(["ECONNRESET", "EPIPE"]).toContain(sent.code);
    else expect(sent.answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent.bytes).toBeLessThan(64 * 2 ** 20);
    await stillServes();
  });

  it.each([
    ["empty", "", "invalid_json"],
    ["broken", '{"model":', "invalid_json"],
    ["no object", "[]", "invalid_type"],
    ["a depth bomb", "[".repeat(1_000_000), "invalid_json"],
    ["a closed depth bomb", `{"model":"x","prompt":${"[".repeat(5000)}${"]".repeat(5000)}}`, "invalid_json"],
    [
      "9 MB of a string",
      JSON.stringify({ model: "stories260K", prompt: "a ".repeat(4_500_000) }),
      "context_length_exceeded",
    ],
    [
      "a million prompts",
      JSON.stringify({ model: "stories260K", prompt: Array(1_000_000).fill("a") }),
      "array_above_max_length",
    ],
    [
      "a million stops",
      JSON.stringify({ model: "stories260K", prompt: "a", stop: Array(1_000_000).fill("a") }),
      "array_above_max_length",
    ],
  ])("refuses %s", async (_name, body, code) => {
    const start = performance.now();
    const { error, status } = await post(body);
    expect([status, error.code]).toEqual([400, code]);
    expect(performance.now() - start).toBeLessThan(5000);
    await stillServes();
  });

  it("refuses what is not UTF-8", async () => {
    expect((await post(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))).error.code).toBe("invalid_json");
  });

  it("refuses another content type", async () => {
    const { error, status } = await post("model=x", { "content-type": "application/x-www-form-urlencoded" });
    expect([status, error.code]).toEqual([415, "unsupported_content_type"]);
  });
});

describe("urls", () => {
  it.each([
    ["GET", "/v1/chat/completions", 405, "method_not_allowed"],
    ["DELETE", "/v1/models", 405, "method_not_allowed"],
    ["GET", "/v1/nothing", 404, "unknown_url"],
    ["GET", "/nothing", 404, "unknown_url"],
    ["GET", "/v1/models/%00", 404, "model_not_found"],
  ])("%s %s", async (method, path, status, code) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${service.apiKey}` },
    });
    expect(response.status).toBe(status);
    expect(errorBody.parse(await response.json()).error.code).toBe(code);
  });

  it("answers no other origin's preflight", async () => {
    const response = await fetch(`${service.url}/v1/models`, {
      method: "OPTIONS",
      headers: { origin: "https://example.org", "access-control-request-method": "GET" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("asks for a key before it says what exists", async () => {
    for (const path of ["/v1/models", "/v1/models/x", "/v1/nothing"]) {
      expect((await fetch(service.url + path)).status).toBe(401);
    }
  });
});

/** The model's worker, as the log names it. */
function workerPid(): number {
  const lines = service
    .log()
    .split("\n")
    .filter((line) => line.includes('"loading model"'));
  return z.object({ pid: z.number() }).parse(JSON.parse(lines.at(-1) ?? "{}")).pid;
}

describe("workers", () => {
  it("ends a stream with an error when the worker is killed, and lives on", async () => {
    const response = await fetch(`${service.url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({
        model: "stories260K",
        prompt: "Once",
        temperature: 1,
        max_tokens: 490,
        n: 8,
        stream: true,
      }),
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    });
    const waiting = fetch(`${service.url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 1, max_tokens: 490, n: 8, seed: 1 }),
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    process.kill(workerPid(), "SIGKILL");
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      text += value;
    }
    const events = text.split("\n\n").filter((event) => event !== "");
    const last = errorBody.parse(JSON.parse(events.at(-1)?.replace("data: ", "") ?? ""));
    expect(last.error).toMatchObject({ code: "worker_died", message: expect.stringMatching(/SIGKILL.*restarted/) });
    expect(text).not.toContain("[DONE]");

    // One of which nothing was shown is begun anew, and answers as if nothing had been.
    const answered = await waiting;
    expect(answered.status).toBe(200);
    const health = await fetch(`${service.url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ models: [{ id: "stories260K", restarts: 1 }, {}, {}] });
    await stillServes();
  });
});

describe("stopping", () => {
  it("lets running requests end, refuses new ones, and leaves no process", async () => {
    const pid = workerPid();
    const running = fetch(`${service.url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "stories260K", prompt: "Once", temperature: 1, max_tokens: 400, n: 4, seed: 5 }),
      headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const code = service.stop();
    expect((await running).status).toBe(200);
    expect(await code).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it("starts again with the same key", async () => {
    const { apiKey, home } = service;
    service = await startService({}, home);
    expect(service.apiKey).toBe(apiKey);
    await stillServes();
  });

  it("names who has the port", async () => {
    const { port } = new URL(service.url);
    const second = await startService({ TUGBOAT_API_PORT: port }, service.home).catch((error: Error) => error.message);
    expect(second).toMatch(
      new RegExp(`Port ${port} on 127.0.0.1 is taken by process ${service.process.pid} \\(.*main.js\\)`),
    );
    expect(second).toContain("TUGBOAT_API_PORT");
  });
});
