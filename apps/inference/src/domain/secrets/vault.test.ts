import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keyFileName, openVault } from "./vault.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tug-vault-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

it("gives back any secret, and stores no part of it in the clear", async () => {
  const vault = await openVault(home);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (secret, context) => {
      expect(vault.open(vault.seal(secret, context), context)).toBe(secret);
    }),
  );
  const { sealed } = vault.seal("sk-a-rather-long-secret", "c");
  expect(Buffer.from(sealed).toString("latin1")).not.toContain("rather");
  expect(vault.seal("same", "c").sealed).not.toEqual(vault.seal("same", "c").sealed);
});

it("refuses whatever was altered, cut or moved to another place", async () => {
  const vault = await openVault(home);
  const stored = vault.seal("sk-secret", "upstream:1");
  fc.assert(
    fc.property(fc.nat(stored.sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const sealed = Uint8Array.from(stored.sealed);
      sealed[at] = (sealed[at] ?? 0) ^ flip;
      expect(() => vault.open({ ...stored, sealed }, "upstream:1")).toThrow("damaged");
    }),
  );
  for (const length of [0, 5, 20]) {
    const cut = { ...stored, sealed: stored.sealed.slice(0, length) };
    expect(() => vault.open(cut, "upstream:1")).toThrow("damaged");
  }
  expect(() => vault.open(stored, "upstream:2")).toThrow("damaged");
});

it("keeps its key in a file for its owner alone, over restarts, and says when it is another", async () => {
  const vault = await openVault(home);
  const stored = vault.seal("sk-secret", "c");
  const path = join(home, keyFileName);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await openVault(home)).open(stored, "c")).toBe("sk-secret");
  const key = await readFile(path);
  await rm(path);
  const other = await openVault(home);
  expect(() => other.open(stored, "c")).toThrow(`The key ${vault.keyId} that sealed this secret is gone`);
  await writeFile(path, "not a key");
  await expect(openVault(home)).rejects.toMatchObject({ code: "bad-key-file" });
  await writeFile(path, key);
  expect((await openVault(home)).open(stored, "c")).toBe("sk-secret");
});
