import { createHash } from "node:crypto";
import type { KeyWatcher } from "@tugboat/db";
import { afterEach, expect, it, vi } from "vitest";
import { keyPermissions } from "../permissions.ts";
import { KeyVerifier } from "./verifier.ts";

const secret = `tug_${"a".repeat(43)}`;
const hashed = createHash("sha256").update(secret).digest("hex");
const row = {
  id: "1",
  organizationId: "o",
  projectId: "p",
  scopes: ["*"],
  models: [] as string[],
  requestsPerMinute: null,
  tokensPerMinute: null,
  expiresAt: null as Date | null,
};

afterEach(() => {
  vi.useRealTimers();
});

function make(found: () => typeof row | null | Promise<typeof row | null>, { listening = true } = {}) {
  const log = { hashes: [] as string[], touched: [] as string[] };
  const watchers: KeyWatcher[] = [];
  const verifier = new KeyVerifier({
    verify: async (hash) => {
      log.hashes.push(Buffer.from(hash).toString("hex"));
      return found();
    },
    touch: async (ids) => {
      log.touched.push(...ids);
    },
    watch: (watcher) => watchers.push(watcher),
  });
  const [watcher] = watchers;
  if (watcher === undefined) throw new Error("the verifier does not watch");
  watcher.onListening(listening);
  return { log, verifier, watcher };
}

it("asks once, with the hash alone, and not again for days", async () => {
  vi.useFakeTimers();
  const { log, verifier } = make(() => row);
  for (let day = 0; day < 5; day++) {
    expect(await verifier.verify(secret)).toMatchObject({ keyId: "1", organizationId: "o" });
    vi.advanceTimersByTime(86_400_000);
  }
  expect(log.hashes).toEqual([hashed]);
});

it("answers from memory in the same tick", async () => {
  const { verifier } = make(() => row);
  await verifier.verify(secret);
  expect(verifier.verify(secret)).toMatchObject({ keyId: "1", permissions: new Set(keyPermissions) });
});

it.each([hashed, "*"])("forgets a key as soon as it hears %s", async (told) => {
  let valid = true;
  const { verifier, watcher } = make(() => (valid ? row : null));
  expect(await verifier.verify(secret)).toBeDefined();
  valid = false;
  watcher.onChange(told);
  expect(await verifier.verify(secret)).toBeUndefined();
});

it("does not remember an answer that a change overtook", async () => {
  let answer: (found: typeof row | null) => void = () => {};
  const { log, verifier, watcher } = make(() => new Promise<typeof row | null>((resolve) => (answer = resolve)));
  const first = verifier.verify(secret);
  watcher.onChange(hashed);
  answer(row);
  await first;
  const second = verifier.verify(secret);
  answer(null);
  expect(await second).toBeUndefined();
  expect(log.hashes).toHaveLength(2);
});

it("asks again each second while it hears nothing, and forgets all when it hears again", async () => {
  vi.useFakeTimers();
  const { log, verifier, watcher } = make(() => row, { listening: false });
  await verifier.verify(secret);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(1);
  vi.advanceTimersByTime(1001);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(2);
  watcher.onListening(true);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(3);
});

it("does not outlive a key's expiry", async () => {
  vi.useFakeTimers();
  const expiresAt = new Date(Date.now() + 500);
  const { log, verifier } = make(() => ({ ...row, expiresAt }));
  await verifier.verify(secret);
  vi.advanceTimersByTime(501);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(2);
});

it("asks nobody about what can't be a key, and does not remember unknown ones", async () => {
  const { log, verifier } = make(() => null);
  for (const wrong of ["", "tug_", "sk-123", `${secret}'; --`, "tug_\u0000".padEnd(40, "x")]) {
    expect(await verifier.verify(wrong)).toBeUndefined();
  }
  expect(log.hashes).toHaveLength(0);
  await verifier.verify(secret);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(2);
});

it("notes which keys were used, at the latest when it closes", async () => {
  const { log, verifier } = make(() => row);
  await verifier.verify(secret);
  await verifier.verify(secret);
  await verifier.close();
  expect(log.touched).toEqual(["1"]);
});
