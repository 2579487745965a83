import { z } from "zod";
import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { lockOrganization } from "../projects.ts";

/** What one model, alias or model of an upstream costs. Amounts are whole micro-dollars, not negative. */
export const PriceEntry = z.object({
  /** The name: of an alias, a model, `upstream/model`, or `*` for everything that no other entry names. */
  target: z.string().min(1).max(200),
  /** Per million tokens. */
  input: z.int().min(0).max(1_000_000_000_000),
  /** Per million tokens of the prompt that were found in a cache. */
  cachedInput: z.int().min(0).max(1_000_000_000_000),
  /** Per million tokens. */
  output: z.int().min(0).max(1_000_000_000_000),
  /** For an hour in which the machine computes a request. */
  perHour: z.int().min(0).max(1_000_000_000_000).default(0),
  /** On top of the rest, in hundredths of a percent. */
  marginBasisPoints: z.int().min(0).max(1_000_000).default(0),
});
export type PriceEntry = Readonly<z.output<typeof PriceEntry>>;

export interface PriceBookInfo {
  readonly id: string;
  readonly organizationId: string;
  readonly version: number;
  readonly effectiveFrom: Date;
  readonly note: string;
  readonly prices: readonly PriceEntry[];
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface NewPriceBook {
  readonly prices: readonly PriceEntry[];
  readonly note: string;
  /** Undefined: from now on. */
  readonly effectiveFrom: Date | undefined;
  readonly createdBy: string;
  /** The newest version that the caller saw; 0 for none. */
  readonly seenVersion: number;
}

export interface PriceBooks {
  /** The newest first. */
  list(): Promise<PriceBookInfo[]>;
  /**
   * Adds a version. It can't reach back: what has happened keeps its price.
   * @throws DatabaseError `conflict` when somebody added one in the meantime or the moment has passed
   */
  add(book: NewPriceBook): Promise<PriceBookInfo>;
}

const Prices = z.array(PriceEntry);

export function priceBooksOf(db: Db, organizationId: string): PriceBooks {
  return {
    list: () => priceBooks(db, organizationId),
    add: ({ prices, note, effectiveFrom, createdBy, seenVersion }) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const last = await tx.priceBook.findFirst({ where: { organizationId }, orderBy: { version: "desc" } });
        if ((last?.version ?? 0) !== seenVersion) {
          throw new DatabaseError("conflict", "The price book was changed in the meantime.", {
            subject: organizationId,
            hint: "Look at it again, then repeat your change.",
          });
        }
        const now = new Date();
        if (effectiveFrom !== undefined && effectiveFrom < now) {
          throw new DatabaseError("conflict", "Prices can't begin in the past: what has happened keeps its price.", {
            hint: "Leave the moment out to begin now.",
          });
        }
        const row = await tx.priceBook.create({
          data: {
            organizationId,
            version: seenVersion + 1,
            effectiveFrom: effectiveFrom ?? now,
            note,
            prices: Prices.parse(prices),
            createdBy,
            createdAt: now,
          },
        });
        return { ...row, prices: Prices.parse(row.prices) };
      }),
  };
}

/** Of one organization or, without one, of all: what a process holds in memory. The newest first. */
export async function priceBooks(db: Db, organizationId?: string): Promise<PriceBookInfo[]> {
  const rows = await db.priceBook.findMany({
    ...(organizationId !== undefined && { where: { organizationId } }),
    orderBy: { version: "desc" },
  });
  return rows.map((row) => ({ ...row, prices: Prices.parse(row.prices) }));
}
