import { createHash } from "node:crypto";
import { afterEach, expect, it, vi } from "vitest";
import { KeyVerifier } from "./verifier.ts";

const secret = `tug_${"a".repeat(43)}`;
const row = { id: "1", organizationId: "o", projectId: "p", scopes: ["*"], expiresAt: null as Date | null };

afterEach(() => {
  vi.useRealTimers();
});

function make(found: () => typeof row | null) {
  const log = { hashes: [] as string[], touched: [] as string[] };
  const verifier = new KeyVerifier({
    verify: async (hash) => {
      log.hashes.push(Buffer.from(hash).toString("hex"));
      return found();
    },
    touch: async (ids) => {
      log.touched.push(...ids);
    },
  });
  return { log, verifier };
}

it("asks with the hash alone, and not again within two seconds", async () => {
  vi.useFakeTimers();
  const { log, verifier } = make(() => row);
  for (let i = 0; i < 5; i++) expect(await verifier.verify(secret)).toMatchObject({ keyId: "1", organizationId: "o" });
  expect(log.hashes).toEqual([createHash("sha256").update(secret).digest("hex")]);
  vi.advanceTimersByTime(2001);
  await verifier.verify(secret);
  expect(log.hashes).toHaveLength(2);
});

it("forgets a revoked key within two seconds", async () => {
  vi.useFakeTimers();
  let valid = true;
  const { verifier } = make(() => (valid ? row : null));
  expect(await verifier.verify(secret)).toBeDefined();
  valid = false;
  vi.advanceTimersByTime(2001);
  expect(await verifier.verify(secret)).toBeUndefined();
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
