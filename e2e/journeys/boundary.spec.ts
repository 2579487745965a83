import { expect, test } from "../src/test.ts";

const chat = {
  model: "tug-small",
  messages: [{ role: "user", content: "Hello" }],
  temperature: 0,
  top_p: 1,
  max_tokens: 4,
  seed: 0,
  stream: true,
  stream_options: { include_usage: true },
};

test("the browser never receives the API key", async ({ console: page, facts }) => {
  const bodies: Promise<string>[] = [];
  page.on("response", (response) => {
    // What streams for as long as the page is open has no end to wait for.
    if (response.headers()["content-type"]?.startsWith("text/event-stream")) return;
    bodies.push(response.text().catch(() => ""));
  });
  for (const path of ["/", "/models", "/models/tug-small", "/playground?model=tug-small"]) {
    await page.goto(facts.consoleUrl + path);
    await page.waitForTimeout(300);
  }
  const all = (await Promise.all(bodies)).join("\n");
  expect(all.length).toBeGreaterThan(10_000);
  expect(all).not.toContain(facts.apiKey);
  expect(all).not.toContain(facts.password);
});

test("every page forbids scripts that are not its own", async ({ console: page, facts, complaints }) => {
  const response = await page.goto(`${facts.consoleUrl}/models`);
  const policy = response?.headers()["content-security-policy"] ?? "";
  expect(policy).toMatch(/script-src 'self' 'nonce-[0-9a-f]{32}' 'strict-dynamic'(;|$)/);
  expect(policy).toContain("frame-ancestors 'none'");
  const ran = await page.evaluate(() => {
    const script = document.createElement("div");
    script.innerHTML = '<img src="x:" onerror="window.injected = true">';
    document.body.append(script);
    return new Promise((resolve) => setTimeout(() => resolve("injected" in window), 300));
  });
  expect(ran).toBe(false);
  // The browser's complaint about it is what this test is after.
  expect(complaints.splice(0).join("\n")).toContain("Executing inline event handler violates");
});

test("the console's routes need a session", async ({ request, facts }) => {
  const answer = await request.get(`${facts.consoleUrl}/api/overview`);
  expect(answer.status()).toBe(401);
  expect(await answer.json()).toMatchObject({ error: { code: "signed-out", message: "Your session has ended." } });
});

test("a chat begun by another site is refused, one by the console is not", async ({ console: page, facts }) => {
  const url = `${facts.consoleUrl}/api/chat`;
  const foreign = await page.request.post(url, { data: chat, headers: { origin: "https://evil.example" } });
  expect(foreign.status()).toBe(403);
  const silent = await page.request.post(url, { data: chat });
  expect(silent.status()).toBe(403);
  const own = await page.request.post(url, { data: chat, headers: { origin: facts.consoleUrl } });
  expect(own.status()).toBe(200);
  expect(own.headers()["content-type"]).toContain("text/event-stream");
});

test("nonsense is refused with a sentence", async ({ console: page, facts }) => {
  const url = `${facts.consoleUrl}/api/chat`;
  const headers = { origin: facts.consoleUrl, "content-type": "application/json" };
  for (const data of [
    "{",
    "null",
    JSON.stringify({ ...chat, messages: [] }),
    JSON.stringify({ ...chat, temperature: 9 }),
  ]) {
    const answer = await page.request.post(url, { data, headers });
    expect(answer.status()).toBe(400);
    expect((await answer.json()).error.message).toMatch(/^The request is not a chat: /);
  }
});
