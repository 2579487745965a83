import { describe, expect, it } from "vitest";
import { isSameOrigin } from "./answer.ts";

function request(headers: Record<string, string>): Request {
  return new Request("http://127.0.0.1:3000/api/chat", { method: "POST", headers });
}

describe("isSameOrigin", () => {
  it("accepts the console's own pages", () => {
    expect(isSameOrigin(request({ host: "127.0.0.1:3000", origin: "http://127.0.0.1:3000" }))).toBe(true);
    expect(
      isSameOrigin(
        request({ host: "127.0.0.1:3000", origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-origin" }),
      ),
    ).toBe(true);
    expect(
      isSameOrigin(request({ host: "inner", "x-forwarded-host": "tug.example", origin: "https://tug.example" })),
    ).toBe(true);
  });

  it("refuses other sites, other ports and requests that don't say", () => {
    expect(isSameOrigin(request({ host: "127.0.0.1:3000" }))).toBe(false);
    expect(isSameOrigin(request({ host: "127.0.0.1:3000", origin: "null" }))).toBe(false);
    expect(isSameOrigin(request({ host: "127.0.0.1:3000", origin: "http://127.0.0.1:3001" }))).toBe(false);
    expect(isSameOrigin(request({ host: "127.0.0.1:3000", origin: "http://evil.example" }))).toBe(false);
    expect(
      isSameOrigin(
        request({ host: "127.0.0.1:3000", origin: "http://127.0.0.1:3000", "sec-fetch-site": "cross-site" }),
      ),
    ).toBe(false);
  });
});
