import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hex, sha256 } from "./sha256.ts";

it("is what Node's own is, for every length around a block's", () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
    expect(hex(sha256(data))).toBe(createHash("sha256").update(data).digest("hex"));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (data) => {
      expect(hex(sha256(data))).toBe(createHash("sha256").update(data).digest("hex"));
    }),
    { numRuns: 50 },
  );
});
