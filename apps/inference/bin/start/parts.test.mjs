import { createServer } from "node:http";
import { expect, test } from "vitest";
import { matchesLock, nestedPackages, npmErrors } from "./install.mjs";
import { listeners } from "./ports.mjs";
import { seconds } from "./progress.mjs";
import { isServing, sentences } from "./servers.mjs";

test("packages count as installed only when all that the lock wants is there", () => {
  const lock = {
    packages: {
      "": {},
      "packages/engine": {},
      "node_modules/@tugboat/engine": { link: true },
      "node_modules/a": { integrity: "1" },
      "node_modules/b": { integrity: "2", optional: true },
    },
  };
  const engine = { "node_modules/@tugboat/engine": {} };
  expect(matchesLock(lock, { packages: { ...engine, "node_modules/a": { integrity: "1" } } })).toBe(true);
  expect(matchesLock(lock, { packages: { ...engine, "node_modules/a": { integrity: "9" } } })).toBe(false);
  expect(matchesLock(lock, { packages: { ...engine, "node_modules/b": { integrity: "2" } } })).toBe(false);
});

test("the packages of a workspace's own folder are known", () => {
  const packages = {
    "node_modules/a": {},
    "apps/web/node_modules/b": {},
    "apps/web/node_modules/c": { optional: true },
  };
  expect(nestedPackages({ packages })).toEqual(["apps/web/node_modules/b"]);
});

test("of npm's errors its manual is left out, and those of earlier runs", () => {
  const log = [
    "npm error code E404",
    "npm error old",
    "npm http fetch GET 200",
    "npm error code EUSAGE",
    "npm error",
    "npm error Missing: x from lock file",
    "npm error Clean install a project",
    "npm error Usage:",
  ].join("\n");
  expect(npmErrors(log)).toEqual(["code EUSAGE", "Missing: x from lock file"]);
});

test("the sockets that listen on a port are found, those that are connected from it are not", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
   1: 0100007F:0FA0 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4343 1 0 20 4 30 10 -1
   2: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4444 1 0 100 0 0 10 0`;
  expect(listeners(table, 4000)).toEqual(["4242"]);
  expect(listeners(table, 5000)).toEqual([]);
});

test("a log is read as sentences", () => {
  const log = '{"level":50,"msg":"the model is not served","err":{"message":"No such file."}}\nplain\n{"half';
  expect(sentences(log)).toBe('the model is not served: No such file.\nplain\n{"half');
});

test.each([
  [1_234, "1.2 s"],
  [12_345, "12 s"],
  [125_000, "2 min 5 s"],
])("%s ms are %s", (ms, text) => {
  expect(seconds(ms)).toBe(text);
});

test("a server that swallows a question while it starts is asked again", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    if (++asked > 1) response.end("ok");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  const health = `http://127.0.0.1:${address.port}/health`;
  expect(await isServing({ health })).toBe(false);
  expect(await isServing({ health })).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await isServing({ health })).toBe(false);
});
