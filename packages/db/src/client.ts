import type { Prisma, PrismaClient } from "./generated/client.ts";

/** The database, or one transaction on it: queries are written once for both. */
export type Db = PrismaClient | Prisma.TransactionClient;

/** Runs all of it or nothing; inside a transaction it becomes part of that one. */
export function inTransaction<T>(db: Db, run: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
  return "$transaction" in db ? db.$transaction(run, { maxWait: 10_000, timeout: 20_000 }) : run(db);
}
