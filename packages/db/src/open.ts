import { resolve } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool } from "pg";
import { type AlertOutbox, alertOutbox } from "./alerts/outbox.ts";
import { type PaymentIndex, paymentIndex } from "./billing/payments.ts";
import { type Watcher, watchChannel } from "./channel.ts";
import { connect, embeddedUrl, ensureDatabase } from "./connection.ts";
import { type EmbeddedServer, startEmbedded } from "./embedded/server.ts";
import { type Engines, enginesOf } from "./engines.ts";
import { DatabaseError } from "./errors.ts";
import { PrismaClient } from "./generated/client.ts";
import { type JobRuns, jobRuns, watchJobs } from "./jobs/runs.ts";
import { type KeyWatcher, watchKeys } from "./key-changes.ts";
import { touchKeys, type VerifiedKey, verifyKey } from "./keys.ts";
import { type MeteringStore, meteringStore } from "./metering.ts";
import { applyMigrations } from "./migrations/apply.ts";
import { readMigrations } from "./migrations/files.ts";
import { ensureHome, type Home, type OrganizationScope, organizationScope } from "./organization.ts";
import { type AccountTables, type People, peopleOf } from "./people.ts";
import { type TraceStore, traceStore } from "./traces/store.ts";

export interface OpenOptions {
  /** The data directory; the embedded server keeps its files under `home/postgres`. */
  readonly home: string;
  /** An existing PostgreSQL; without it the embedded one is started. */
  readonly url?: string | undefined;
  /** Told what a person who reads the log should know: a server that died and came back, a lost connection. */
  readonly onWarning?: (message: string) => void;
}

/** An open, migrated database. */
export interface Database {
  /** A connection string for tools that connect by themselves. It holds the password. */
  readonly url: string;
  readonly embedded: boolean;
  /** The migrations that opening it applied; empty when it was up to date. */
  readonly migrated: readonly string[];
  /** The organization and project that every database has. */
  readonly home: Home;
  organization(id: string): OrganizationScope;
  readonly people: People;
  /** For the account library alone. */
  readonly accounts: AccountTables;
  readonly keys: {
    /** @returns null for a key that is unknown, revoked or expired */
    verify(hash: Uint8Array): Promise<VerifiedKey | null>;
    touch(ids: readonly string[], at: Date): Promise<void>;
    /** Tells of changed keys, on a connection of its own, until the database is closed. */
    watch(watcher: KeyWatcher): void;
  };
  /** Tells of organizations, by their ids, whose models, deployments, aliases or upstreams changed. */
  watchRoutes(watcher: Watcher): void;
  /** The organizations that have a task which serves. */
  taskOrganizations(): Promise<string[]>;
  /** Those that have upstreams, or said of a model that it is a preview or deprecated. */
  catalogOrganizations(): Promise<string[]>;
  /** Those that have a setting of that key. */
  organizationsWith(setting: string): Promise<string[]>;
  /** For the process that delivers and runs jobs, of whichever organization. */
  readonly jobs: JobRuns;
  readonly metering: MeteringStore;
  readonly engines: Engines;
  readonly traces: TraceStore;
  readonly alerts: AlertOutbox;
  readonly payments: PaymentIndex;
  /** Whether it answers, in milliseconds. */
  ping(): Promise<number>;
  /** Closes the connections and stops the embedded server if this process started it. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Opens the database: starts the embedded server or connects to `url`, brings it up to the code and makes the first
 * organization.
 *
 * @throws DatabaseError `unreachable`, `embedded-unavailable`, `embedded-failed`, `database-newer`, `migration-edited`,
 *   `migration-failed`
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { home, url, onWarning = () => {} } = options;
  if (url !== undefined) return openAt(url, undefined, onWarning);
  const server = await startEmbedded(resolve(home), onWarning);
  try {
    await ensureDatabase(server);
    return await openAt(embeddedUrl(server), server, onWarning);
  } catch (error) {
    await server.stop();
    // The process whose server this one shared ended in that moment: then it starts its own.
    if (!server.owned && error instanceof DatabaseError && error.code === "unreachable") return openDatabase(options);
    throw error;
  }
}

async function openAt(
  url: string,
  server: EmbeddedServer | undefined,
  onWarning: (message: string) => void,
): Promise<Database> {
  const migrated = await migrate(url);
  const pool = new Pool({ connectionString: url, max: 20, connectionTimeoutMillis: 10_000 });
  let closing: Promise<void> | undefined;
  // Idle connections break when the server stops or restarts; the pool replaces them.
  pool.on("error", (error) => {
    if (closing === undefined) onWarning(`A database connection was lost: ${error.message}`);
  });
  // One that is in use and breaks between two queries tells nobody else: unheard, it would end the process.
  pool.on("connect", (client) => void client.on("error", () => {}));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const watches: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(watches.map((stop) => stop()));
    await prisma.$disconnect();
    await pool.end();
    await server?.stop();
  };
  return {
    url,
    embedded: server !== undefined,
    migrated,
    home: await ensureHome(prisma),
    organization: (id) => organizationScope(prisma, id),
    people: peopleOf(prisma),
    accounts: prisma,
    keys: {
      verify: (hash) => verifyKey(prisma, hash),
      touch: (ids, at) => touchKeys(prisma, ids, at),
      watch: (watcher) => void watches.push(watchKeys(url, watcher)),
    },
    watchRoutes: (watcher) => void watches.push(watchChannel(url, "tugboat_routes", watcher)),
    async taskOrganizations() {
      const where = { release: { not: null } };
      const rows = await prisma.task.findMany({
        where,
        distinct: ["organizationId"],
        select: { organizationId: true },
      });
      return rows.map(({ organizationId }) => organizationId);
    },
    async catalogOrganizations() {
      const select = { organizationId: true } as const;
      const [upstreams, lives] = await Promise.all([
        prisma.upstream.findMany({ distinct: ["organizationId"], select }),
        prisma.modelLife.findMany({ distinct: ["organizationId"], select }),
      ]);
      return [...new Set([...upstreams, ...lives].map(({ organizationId }) => organizationId))];
    },
    async organizationsWith(key) {
      const rows = await prisma.setting.findMany({ where: { key }, select: { organizationId: true } });
      return rows.map(({ organizationId }) => organizationId);
    },
    jobs: jobRuns(prisma, (watcher) => void watches.push(watchJobs(url, watcher))),
    engines: enginesOf(prisma),
    traces: traceStore(pool),
    alerts: alertOutbox(pool),
    payments: paymentIndex(prisma),
    metering: meteringStore(pool, prisma, url, (stop) => watches.push(stop)),
    async ping() {
      const start = performance.now();
      await prisma.$queryRaw`SELECT 1`;
      return performance.now() - start;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function migrate(url: string): Promise<string[]> {
  const client = await connect({ connectionString: url });
  try {
    return await applyMigrations(client, await readMigrations());
  } finally {
    await client.end();
  }
}
