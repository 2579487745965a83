import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { storedZip } from "./stored-zip.ts";

it("is an archive that other programs open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tugboat-zip-"));
  try {
    const weights = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255);
    const archive = storedZip([
      { name: "adapter/größe.json", bytes: new TextEncoder().encode('{"r": 8}') },
      { name: "adapter/adapter_model.safetensors", bytes: weights },
    ]);
    writeFileSync(join(folder, "a.zip"), new Uint8Array(await archive.arrayBuffer()));
    execFileSync("python3", ["-m", "zipfile", "-e", "a.zip", "out"], { cwd: folder });
    expect(readFileSync(join(folder, "out/adapter/größe.json"), "utf8")).toBe('{"r": 8}');
    expect(new Uint8Array(readFileSync(join(folder, "out/adapter/adapter_model.safetensors")))).toEqual(weights);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
