import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connection.ts";
import { isAlive, readPostmaster } from "./embedded/postmaster.ts";
import { hashKey } from "./keys.ts";
import { openDatabase } from "./open.ts";
import { temporaryHome } from "./testing/home.ts";

const running = async (home: string): Promise<number> => {
  const postmaster = await readPostmaster(join(home, "postgres"));
  if (!postmaster) throw new Error("No server runs.");
  return postmaster.pid;
};

describe("the embedded database", () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  beforeAll(async () => {
    home = await temporaryHome();
  });
  afterAll(() => home.remove());

  test("starts, migrates once, keeps what it was given, and leaves no process", async () => {
    const first = await openDatabase({ home: home.path });
    expect(first.embedded).toBe(true);
    expect(first.migrated.length).toBeGreaterThan(0);
    const { secret } = await first
      .organization(first.home.organizationId)
      .keys.create({ projectId: first.home.projectId, name: "first" });
    const pid = await running(home.path);
    await first.close();
    await first.close();
    expect(isAlive(pid)).toBe(false);

    const second = await openDatabase({ home: home.path });
    expect(second.migrated).toEqual([]);
    expect(second.home).toEqual(first.home);
    expect(await second.keys.verify(hashKey(secret))).toMatchObject({ name: "first", scopes: ["*"] });
    await second.close();
  });

  test("keeps its password to its owner and listens on no network port", async () => {
    const database = await openDatabase({ home: home.path });
    const password = await stat(join(home.path, "postgres.password"));
    expect(password.mode & 0o777).toBe(0o600);
    const client = await connect({ connectionString: database.url });
    const { rows } = await client.query("SHOW listen_addresses");
    expect(rows).toEqual([{ listen_addresses: "" }]);
    await client.end();
    const wrong = new URL(database.url);
    wrong.password = "guess";
    await expect(connect({ connectionString: wrong.href })).rejects.toMatchObject({ code: "unreachable" });
    await database.close();
  });

  test("is shared by the processes of one home: only the one that started it stops it", async () => {
    const owner = await openDatabase({ home: home.path });
    const guest = await openDatabase({ home: home.path });
    await guest.close();
    expect(await owner.ping()).toBeGreaterThan(0);
    await owner.close();
  });

  test("comes back by itself when the server is killed", async () => {
    const warnings: string[] = [];
    const database = await openDatabase({ home: home.path, onWarning: (message) => warnings.push(message) });
    const pid = await running(home.path);
    process.kill(pid, "SIGKILL");
    const deadline = Date.now() + 20_000;
    let answered = false;
    while (!answered && Date.now() < deadline) {
      await sleep(100);
      answered =
        (await running(home.path).catch(() => pid)) !== pid &&
        (await database.ping().then(
          () => true,
          () => false,
        ));
    }
    expect(answered).toBe(true);
    expect(warnings.join("\n")).toContain("ended unexpectedly");
    await database.close();
  });

  test("a server whose owner was killed stops by itself, and its files open again", async () => {
    const script = fileURLToPath(new URL("testing/owner.ts", import.meta.url));
    const owner = spawn(process.execPath, ["--import=tsx", "--conditions=@tugboat/source", script, home.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(owner.stdout, "data");
    const pid = await running(home.path);
    owner.kill("SIGKILL");
    const database = await openDatabase({ home: home.path });
    expect(await running(home.path)).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
    await database.close();
  });

  test("opens after a crash whose process id belongs to another program now", async () => {
    const file = join(home.path, "postgres", "postmaster.pid");
    const crashed = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await writeFile(file, `${crashed.pid}\n${join(home.path, "postgres")}\n`);
    const database = await openDatabase({ home: home.path });
    expect(await running(home.path)).not.toBe(crashed.pid);
    await database.close();
    crashed.kill();
  });
});
