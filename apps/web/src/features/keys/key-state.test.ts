import { describe, expect, it } from "vitest";
import { type ApiKey, inOrder, keyState, keysAnswer } from "./key-state.ts";

const now = Date.parse("2026-05-04T10:00:00Z");

function key(name: string, part: Partial<ApiKey> = {}): ApiKey {
  return {
    id: name,
    projectId: "p",
    name,
    prefix: "tug_abcd",
    scopes: ["*"],
    models: [],
    requestsPerMinute: null,
    tokensPerMinute: null,
    budgetMicroUsd: null,
    createdBy: "u",
    createdAt: "2026-05-01T10:00:00.000Z",
    updatedAt: "2026-05-01T10:00:00.000Z",
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...part,
  };
}

const used = { lastUsedAt: "2026-05-04T09:00:00.000Z" };
const revoked = key("revoked", { revokedAt: "2026-05-02T00:00:00.000Z", expiresAt: "2026-05-03T00:00:00.000Z" });
const expired = key("expired", { expiresAt: "2026-05-04T10:00:00.000Z" });

describe("keys", () => {
  it("end with their last moment; revoked is the stronger word", () => {
    expect([revoked, expired, key("valid")].map((one) => keyState(one, now))).toEqual(["revoked", "expired", "valid"]);
  });

  it("are listed valid first, the newest first", () => {
    const newer = key("newer", { createdAt: "2026-05-03T10:00:00.000Z" });
    expect(inOrder([revoked, expired, key("older"), newer], now).map(({ name }) => name)).toEqual([
      "newer",
      "older",
      "expired",
      "revoked",
    ]);
  });

  it("are summed up in a sentence", () => {
    expect(keysAnswer([], now)).toBe("No key opens the API yet.");
    expect(keysAnswer([revoked, expired], now)).toBe("No key opens the API now.");
    expect(keysAnswer([key("a")], now)).toBe("One key opens the API; it was not used so far.");
    expect(keysAnswer([key("a"), key("b")], now)).toBe("2 keys open the API; none was used so far.");
    expect(keysAnswer([key("a", used), key("b")], now)).toBe("2 keys open the API; 1 of them was never used.");
    expect(keysAnswer([key("a", used), revoked], now)).toBe("One key opens the API.");
  });
});
