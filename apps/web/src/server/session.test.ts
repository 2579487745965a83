import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openSession, sealSession } from "./session.ts";

const secret = randomBytes(32);
const session = { email: "admin@localhost", issuedAt: 1000, expiresAt: 2000 };

describe("a sealed session", () => {
  it("opens with the secret that sealed it", () => {
    expect(openSession(sealSession(session, secret), secret, 1500)).toEqual(session);
  });

  it("is over at its end", () => {
    expect(openSession(sealSession(session, secret), secret, 2000)).toBeUndefined();
  });

  it("does not open with another secret", () => {
    expect(openSession(sealSession(session, secret), randomBytes(32), 1500)).toBeUndefined();
  });

  it("does not open when any one character was changed", () => {
    const sealed = sealSession(session, secret);
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      const forged = sealed.slice(0, at) + other + sealed.slice(at + 1);
      const opened = openSession(forged, secret, 1500);
      // The last base64url character has unused bits: changing only those changes no byte of the signature's text.
      expect(opened, `position ${at}`).toBeUndefined();
    }
  });

  it("refuses nonsense", () => {
    for (const bad of [undefined, "", ".", "a.b", "a.b.c", "…"]) expect(openSession(bad, secret, 0)).toBeUndefined();
  });
});
