import type { Db } from "./client.ts";

export interface FileInfo {
  /** As the API names it: `file-…`. */
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly createdAt: Date;
}

export interface FileQuery {
  readonly purpose?: string | undefined;
  /** The id of the last file of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

/** Files of `/v1/files`. What is in them lies in the data directory. */
export interface Files {
  /** A second time changes nothing. */
  add(file: FileInfo): Promise<void>;
  find(id: string): Promise<FileInfo | null>;
  list(query: FileQuery): Promise<FileInfo[]>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
}

const FIELDS = { id: true, filename: true, purpose: true, bytes: true, createdAt: true } as const;

export function filesOf(db: Db, organizationId: string): Files {
  return {
    add: async (file) => {
      await db.apiFile.createMany({ data: [{ organizationId, ...file }], skipDuplicates: true });
    },
    find: (id) => db.apiFile.findFirst({ where: { organizationId, id }, select: FIELDS }),
    list: ({ after, limit, order, purpose }) =>
      db.apiFile.findMany({
        where: { organizationId, ...(purpose !== undefined && { purpose }) },
        orderBy: [{ createdAt: order }, { id: order }],
        ...(after !== undefined && { cursor: { organizationId_id: { organizationId, id: after } }, skip: 1 }),
        take: limit,
        select: FIELDS,
      }),
    remove: async (id) => (await db.apiFile.deleteMany({ where: { organizationId, id } })).count > 0,
  };
}
