import type { PrismaClient } from "./generated/client.ts";

/** The engines of this installation that run in processes of their own, by the addresses at which they are reached. */
export interface Engines {
  /** Says that one lives. By the database's clock: machines need not agree on the time. */
  announce(address: string): Promise<void>;
  withdraw(address: string): Promise<void>;
  /** Those heard of within so many ms. */
  list(withinMs: number): Promise<string[]>;
}

export function enginesOf(prisma: PrismaClient): Engines {
  return {
    async announce(address) {
      await prisma.$executeRaw`
        INSERT INTO engine (address, seen_at) VALUES (${address}, now())
        ON CONFLICT (address) DO UPDATE SET seen_at = now()`;
    },
    async withdraw(address) {
      await prisma.engine.deleteMany({ where: { address } });
    },
    async list(withinMs) {
      const rows = await prisma.$queryRaw<{ address: string }[]>`
        SELECT address FROM engine WHERE seen_at > now() - ${withinMs} * interval '1 millisecond' ORDER BY address`;
      return rows.map(({ address }) => address);
    },
  };
}
