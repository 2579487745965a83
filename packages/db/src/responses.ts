import type { Db } from "./client.ts";

export interface KeptResponse {
  /** As the API names it: `resp_…`. */
  readonly id: string;
  /** JSON, as it was answered. */
  readonly body: string;
  /** JSON: the items that the model was given, those of earlier responses included. */
  readonly items: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Answers of `/v1/responses` that a later request may go on from. What has expired is not found, and is deleted. */
export interface Responses {
  keep(response: KeptResponse): Promise<void>;
  find(id: string): Promise<KeptResponse | null>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
}

const FIELDS = { id: true, body: true, items: true, createdAt: true, expiresAt: true } as const;

export function responsesOf(db: Db, organizationId: string): Responses {
  const live = (id: string) => ({ organizationId, id, expiresAt: { gt: new Date() } });
  return {
    keep: async (response) => {
      await db.keptResponse.deleteMany({ where: { organizationId, expiresAt: { lte: new Date() } } });
      await db.keptResponse.create({ data: { organizationId, ...response } });
    },
    find: (id) => db.keptResponse.findFirst({ where: live(id), select: FIELDS }),
    remove: async (id) => (await db.keptResponse.deleteMany({ where: live(id) })).count > 0,
  };
}
