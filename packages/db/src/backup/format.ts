import { z } from "zod";

/**
 * A backup is gzipped text, in lines: the header; for each table its name, its rows as `COPY` writes them (one a line,
 * since COPY escapes line ends) and `\.`; at the end what each table must have had, so that a cut or changed file is
 * noticed before anything of it counts.
 */
export const headerSchema = z.object({
  tugboatBackup: z.literal(1),
  createdAt: z.string(),
  /** Of the server, as PostgreSQL says it. */
  server: z.string(),
  /** What the database had applied, in order. */
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
  /** Parents before those that refer to them. */
  tables: z.array(z.object({ table: z.string(), columns: z.array(z.string()) })),
  /** Partitions that the running service made. */
  partitions: z.array(z.object({ name: z.string(), parent: z.string(), bound: z.string() })),
  sequences: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type BackupHeader = z.output<typeof headerSchema>;

export const tableSchema = z.object({ table: z.string() });

export const endSchema = z.object({
  end: z.literal(true),
  /** SHA-256 over a table's lines, each with its line end. */
  tables: z.record(z.string(), z.object({ rows: z.int(), sha256: z.string() })),
});
export type BackupEnd = z.output<typeof endSchema>;

export const END_OF_ROWS = "\\.";

/** An identifier in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
