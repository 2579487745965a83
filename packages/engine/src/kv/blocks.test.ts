import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockTable } from "./block-table.ts";
import { BLOCK_TOKENS, type BlockMove, BlockPool, blocksFor } from "./blocks.ts";

describe("BlockPool", () => {
  it("refuses what would corrupt it", () => {
    const pool = new BlockPool(1);
    const block = pool.allocate();
    expect(() => pool.allocate()).toThrow(/no KV block is free/);
    pool.release(block);
    expect(() => pool.release(block)).toThrow(/already free/);
    expect(() => pool.retain(block)).toThrow(/not held/);
    expect(() => pool.references(1)).toThrow(/not one of 1/);
  });
});

describe("BlockTable", () => {
  it("copies a shared block once per writer and lets the last holder keep it", () => {
    const pool = new BlockPool(8);
    const first = new BlockTable(pool);
    const copies: BlockMove[] = [];
    first.prepareWrite(0, 20, copies);
    const second = first.fork(20);
    expect(pool.used).toBe(2);
    expect(second.blocksToWrite(20, 21)).toBe(1);
    second.prepareWrite(20, 21, copies);
    expect(copies).toEqual([{ from: first.blocks[1], to: second.blocks[1] }]);
    expect(second.blocks[0]).toBe(first.blocks[0]);
    expect(first.blocksToWrite(20, 21)).toBe(0);
  });

  it("never gives two tables a block that one of them may write, and loses none", () => {
    type Act = { kind: "write" | "fork" | "release"; table: number; tokens: number };
    const act = fc.record<Act>({
      kind: fc.constantFrom("write", "write", "fork", "release"),
      table: fc.nat(7),
      tokens: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const pool = new BlockPool(24);
        const tables: { table: BlockTable; length: number }[] = [{ table: new BlockTable(pool), length: 0 }];
        for (const { kind, table: index, tokens } of acts) {
          const at = tables[index % tables.length]!;
          if (kind === "write") {
            const needed = at.table.blocksToWrite(at.length, at.length + tokens);
            if (needed > pool.free) continue;
            const before = pool.free;
            at.table.prepareWrite(at.length, at.length + tokens, []);
            expect(before - pool.free).toBe(needed);
            for (let t = at.length; t < at.length + tokens; t++) {
              expect(pool.references(at.table.blocks[Math.floor(t / BLOCK_TOKENS)]!)).toBe(1);
            }
            at.length += tokens;
          } else if (kind === "fork") {
            tables.push({ table: at.table.fork(at.length), length: at.length });
          } else {
            at.table.release();
            at.length = 0;
          }
          const holders = new Map<number, number>();
          for (const { table, length } of tables) {
            expect(table.blocks.length).toBe(blocksFor(length));
            for (const block of table.blocks) holders.set(block, (holders.get(block) ?? 0) + 1);
          }
          for (let block = 0; block < pool.total; block++) {
            expect(pool.references(block)).toBe(holders.get(block) ?? 0);
          }
          expect(pool.used).toBe(holders.size);
        }
        for (const { table } of tables) table.release();
        expect(pool.free).toBe(pool.total);
      }),
    );
  });
});
