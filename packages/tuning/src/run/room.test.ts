import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError } from "@tugboat/engine";
import { writeCheckpointFile } from "@tugboat/engine/node";
import { expect, it } from "vitest";
import { whenThereIsRoom } from "./room.ts";

it("waits while the disk is full, and writes when there is room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tug-room-"));
  const path = join(folder, "state.json");
  let full = 3;
  const told: number[] = [];
  const write = async () => {
    const cause = Object.assign(new Error("write"), { code: "ENOSPC" });
    if (full > 0) throw new FormatError("io", `${path}: the disk is full`, undefined, { cause });
    await writeCheckpointFile(path, Uint8Array.of(1, 2));
  };
  await whenThereIsRoom(
    write,
    () => told.push(full),
    async () => {
      full--;
    },
  );
  expect(told).toEqual([3, 2, 1]);
  expect([...(await readFile(path))]).toEqual([1, 2]);
  expect(await readdir(folder)).toEqual(["state.json"]);
  await rm(folder, { recursive: true });
});

it("does not wait for what room does not mend", async () => {
  const write = () => Promise.reject(Object.assign(new Error("not allowed"), { code: "EACCES" }));
  await expect(whenThereIsRoom(write, () => {})).rejects.toThrow("not allowed");
});
