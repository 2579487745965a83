import { describe, expect, it } from "vitest";
import { changes, creation, draftOf, emptyDraft, problemsOf } from "./key-draft.ts";
import type { ApiKey } from "./key-state.ts";

const now = Date.parse("2026-05-04T10:00:00Z");
const key: ApiKey = {
  id: "k",
  projectId: "p",
  name: "support-bot",
  prefix: "tug_abcd",
  scopes: ["models:read", "inference:run"],
  models: ["tug-small"],
  requestsPerMinute: 60,
  tokensPerMinute: null,
  budgetMicroUsd: null,
  createdBy: "u",
  createdAt: "2026-05-01T10:00:00.000Z",
  updatedAt: "2026-05-01T10:00:00.000Z",
  expiresAt: "2026-06-01T12:34:56.000Z",
  lastUsedAt: null,
  revokedAt: null,
};

describe("a new key", () => {
  it("may by itself call all models, without end or limit", () => {
    expect(creation({ ...emptyDraft("p"), name: "  bot " }, now)).toEqual({
      projectId: "p",
      name: "bot",
      scopes: ["inference:run", "models:read"],
      models: [],
      expiresAt: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      budgetMicroUsd: null,
    });
  });

  it("ends as many days from now as chosen, or with the chosen day", () => {
    const draft = { ...emptyDraft("p"), name: "bot" };
    expect(creation({ ...draft, expiry: "30" }, now).expiresAt).toBe("2026-06-03T10:00:00.000Z");
    const end = new Date(creation({ ...draft, expiry: "date", date: "2026-06-03" }, now).expiresAt ?? "");
    expect([end.getFullYear(), end.getMonth() + 1, end.getDate(), end.getHours()]).toEqual([2026, 6, 3, 23]);
  });

  it("is not sent while something is wrong, which is said beside its field", () => {
    const wrong = problemsOf(
      { ...emptyDraft("p"), scopes: [], models: [], expiry: "date", requestsPerMinute: "0", tokensPerMinute: "1e99" },
      now,
    );
    expect(Object.keys(wrong).sort()).toEqual([
      "date",
      "models",
      "name",
      "requestsPerMinute",
      "scopes",
      "tokensPerMinute",
    ]);
    expect(problemsOf({ ...emptyDraft("p"), name: "x", expiry: "date", date: "2026-05-03" }, now)).toEqual({
      date: "This day has passed.",
    });
    expect(problemsOf({ ...emptyDraft("p"), name: "x", tokensPerMinute: " 1000 " }, now)).toEqual({});
  });
});

describe("a changed key", () => {
  it("sends nothing when nothing was changed, not even the hour of its end", () => {
    expect(changes(draftOf(key), key, now)).toEqual({});
  });

  it("sends what was changed alone; emptied limits are taken away", () => {
    const draft = { ...draftOf(key), models: "all" as const, requestsPerMinute: "", tokensPerMinute: "500" };
    expect(changes(draft, key, now)).toEqual({ models: [], requestsPerMinute: null, tokensPerMinute: 500 });
    expect(changes({ ...draftOf(key), expiry: "never" }, key, now)).toEqual({ expiresAt: null });
    expect(changes({ ...draftOf(key), scopes: ["*"] }, key, now)).toEqual({ scopes: ["*"] });
  });
});
