import { describe, expect, it } from "vitest";
import { inTheNameOf } from "./api.ts";
import { cookiesFor, hasSessionCookie } from "./session.ts";
import { consoleSecret } from "./visitor.ts";

describe("the session cookie", () => {
  it("is found among others, by its whole name", () => {
    const has = (cookie: string) => hasSessionCookie(new Headers({ cookie }));
    expect(has("tugboat_theme=dark; tugboat_session=abc.def")).toBe(true);
    expect(has("tugboat_session=abc")).toBe(true);
    expect(has("not_tugboat_session=abc")).toBe(false);
    expect(hasSessionCookie(new Headers())).toBe(false);
  });

  it("is kept from plain connections once the browser came by https", () => {
    const response = new Response(null, {
      headers: { "set-cookie": "tugboat_session=a.b; Path=/; HttpOnly; SameSite=Strict" },
    });
    expect(cookiesFor(response, false)).toEqual(["tugboat_session=a.b; Path=/; HttpOnly; SameSite=Strict"]);
    expect(cookiesFor(response, true)).toEqual(["tugboat_session=a.b; Path=/; HttpOnly; SameSite=Strict; Secure"]);
  });
});

describe("a call in the browser's name", () => {
  it("hands on who and from where, and nothing else", () => {
    const browser = new Headers({
      cookie: "tugboat_session=a.b",
      "x-forwarded-for": "10.0.0.9",
      authorization: "Bearer stolen",
      "x-tugboat-console": "0",
      origin: "http://elsewhere",
    });
    expect(Object.fromEntries(inTheNameOf(browser))).toEqual({
      cookie: "tugboat_session=a.b",
      "x-forwarded-for": "10.0.0.9",
      "x-tugboat-console": consoleSecret(),
    });
    expect(consoleSecret()).not.toBe("0");
  });
});
