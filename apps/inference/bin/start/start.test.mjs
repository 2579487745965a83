import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./paths.mjs";

const home = mkdtempSync(join(tmpdir(), "tugboat-start-"));
chmodSync(home, 0o700);

/** @param {Record<string, string>} [more] */
function start(more = {}, args = ["--json"]) {
  const env = {
    ...process.env,
    TUGBOAT_HOME: home,
    TUGBOAT_WEB_PORT: "0",
    TUGBOAT_API_PORT: "0",
    NODE_OPTIONS: "",
    ...more,
  };
  delete env.NODE_ENV;
  const child = spawn("npm", ["start", "--silent", "--", ...args], {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  // npm ends by the very signal that it was sent, once what it ran has ended.
  const ended = once(child, "exit").then(([code, signal]) => signal ?? code);
  /** @param {RegExp} pattern */
  const says = async (pattern) => {
    while (!pattern.test(said.out)) {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said.err}${said.out}`);
      await sleep(20);
    }
    return said.out;
  };
  // The whole group, as a terminal does.
  const interrupt = () => process.kill(-(child.pid ?? 0), "SIGINT");
  return { child, said, ended, says, interrupt };
}

/** Every process that was started for this home, whoever its parent is now. */
function left() {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const own = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`TUGBOAT_HOME=${home}`);
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        if (!own || stat[stat.lastIndexOf(")") + 2] === "Z") return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

async function nothingLeft(withinMs = 0) {
  const until = performance.now() + withinMs;
  while (left().length > 0 && performance.now() < until) await sleep(100);
  expect(left()).toEqual([]);
}

const reason = process.platform === "linux" ? "" : " (skipped: it looks for processes in /proc, which only Linux has)";
describe.skipIf(reason !== "")(`npm start${reason}`, () => {
  afterAll(async () => {
    for (const line of left()) process.kill(Number(line.split(" ")[0]), "SIGKILL");
    rmSync(home, { recursive: true, force: true });
  });

  test("brings all of it up, tells scripts how to reach it, and leaves nothing after Ctrl-C", async () => {
    const { says, interrupt, ended, said } = start();
    const facts = JSON.parse(await says(/\n/));
    expect(facts).toMatchObject({
      consoleUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      apiKey: expect.stringMatching(/^tug_/),
    });
    expect(said.out.trim().split("\n")).toHaveLength(1);
    expect(statSync(join(home, "first-run.json")).mode & 0o777).toBe(0o600);

    expect((await fetch(`${facts.apiUrl}/health`)).status).toBe(200);
    expect((await fetch(`${facts.apiUrl}/v1/models`)).status).toBe(401);
    const signedIn = await fetch(facts.signInLink, { redirect: "manual" });
    expect(signedIn.headers.getSetCookie().join()).toMatch(/HttpOnly/i);
    const again = await fetch(facts.signInLink, { redirect: "manual" });
    expect(again.headers.getSetCookie()).toEqual([]);

    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.said.err).toContain("already runs");
    expect(second.said.err).toContain(facts.consoleUrl);

    interrupt();
    expect(await ended).toBe("SIGINT");
    await nothingLeft();
  });

  test("keeps its key and data, and prints a curl line that works", async () => {
    const before = JSON.parse(readFileSync(join(home, "first-run.json"), "utf8"));
    const { says, interrupt, ended } = start({}, []);
    const block = await says(/Ctrl-C stops it/);
    expect(block).toContain(before.apiKey);
    const [, url = "", key = "", body = ""] =
      /^curl (\S+) -H "Authorization: Bearer (\S+)" .* -d '(.*)'$/m.exec(block) ?? [];
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body });
    const { choices } = await response.json();
    expect(choices[0].message.content).toBe("animal");
    interrupt();
    expect(await ended).toBe("SIGINT");
    await nothingLeft();
  });

  test("starts a server again that was killed, and leaves nothing when it is killed itself", async () => {
    const { says, ended, child } = start();
    const { apiUrl } = JSON.parse(await says(/\n/));
    const service = left().find((line) => line.includes("apps/inference/dist/main.js") && !line.includes("/bin/sh"));
    process.kill(Number(service?.split(" ")[0]), "SIGKILL");
    await sleep(300);
    let healthy = false;
    for (const until = performance.now() + 60_000; !healthy && performance.now() < until; await sleep(200)) {
      healthy = await fetch(`${apiUrl}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    }
    expect(healthy).toBe(true);

    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    await nothingLeft(30_000);
  });

  test("names the program that holds a port", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { ended, said } = start({ TUGBOAT_API_PORT: String(port) });
    expect(await ended).toBe(1);
    expect(said.err).toContain(`Port ${port}, wanted for the API, is taken by`);
    expect(said.err).toContain(`(process ${process.pid})`);
    expect(JSON.parse(said.out)).toMatchObject({ error: { code: "port-taken" } });
    holder.close();
  });

  test("refuses options and ports that are none", async () => {
    const unknown = start({}, ["--jsno"]);
    expect(await unknown.ended).toBe(2);
    expect(unknown.said.err).toContain("--jsno");
    const port = start({ TUGBOAT_WEB_PORT: "eighty" });
    expect(await port.ended).toBe(1);
    expect(port.said.err).toContain("TUGBOAT_WEB_PORT");
  });
});
