import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** Why there can be no Redis here, or undefined when there can. */
export const noRedis =
  spawnSync("redis-server", ["--version"]).status === 0
    ? undefined
    : "redis-server is not installed, so the queue on Redis is not tested: apt-get install redis-server";

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis of one's own that keeps nothing. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "tug-redis-"));
  const port = String(await freePort());
  const settings = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", folder];
  const child = spawn("redis-server", settings, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
