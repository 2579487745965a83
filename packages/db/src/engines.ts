import { z } from "zod";
import type { PrismaClient } from "./generated/client.ts";

const engineFacts = z.object({
  /** `cpu`, `webgpu` or `auto`. */
  device: z.string(),
  /** As its maker calls it. */
  name: z.string(),
  threads: z.int(),
  memoryBytes: z.number(),
});
/** What an engine tells of the machine that it runs on. */
export type EngineFacts = z.output<typeof engineFacts>;

/** The engines of this installation that run in processes of their own, by the addresses at which they are reached. */
export interface Engines {
  /** Says that one lives. By the database's clock: machines need not agree on the time. */
  announce(address: string, facts?: EngineFacts): Promise<void>;
  withdraw(address: string): Promise<void>;
  /** Those heard of within so many ms. */
  list(withinMs: number): Promise<string[]>;
  /** The same with what each told of itself; null: nothing. */
  devices(withinMs: number): Promise<{ readonly address: string; readonly facts: EngineFacts | null }[]>;
}

export function enginesOf(prisma: PrismaClient): Engines {
  return {
    async announce(address, facts) {
      const told = facts === undefined ? null : JSON.stringify(facts);
      await prisma.$executeRaw`
        INSERT INTO engine (address, seen_at, facts) VALUES (${address}, now(), ${told}::jsonb)
        ON CONFLICT (address) DO UPDATE SET seen_at = now(), facts = excluded.facts`;
    },
    async withdraw(address) {
      await prisma.engine.deleteMany({ where: { address } });
    },
    async list(withinMs) {
      const rows = await prisma.$queryRaw<{ address: string }[]>`
        SELECT address FROM engine WHERE seen_at > now() - ${withinMs} * interval '1 millisecond' ORDER BY address`;
      return rows.map(({ address }) => address);
    },
    async devices(withinMs) {
      const rows = await prisma.$queryRaw<{ address: string; facts: unknown }[]>`
        SELECT address, facts FROM engine
         WHERE seen_at > now() - ${withinMs} * interval '1 millisecond' ORDER BY address`;
      return rows.map(({ address, facts }) => ({ address, facts: engineFacts.nullable().catch(null).parse(facts) }));
    },
  };
}
