import { get } from "node:http";
import { join } from "node:path";
import { Child } from "./child.mjs";
import { logs, root } from "./paths.mjs";

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} health URL that answers 200 when it serves
 * @property {() => Child} start
 */

/**
 * @param {{ home: string; apiPort: number; webPort: number }} ports
 * @returns {Server}
 */
export function service({ home, apiPort, webPort }) {
  const env = { TUGBOAT_HOME: home, TUGBOAT_API_PORT: String(apiPort), TUGBOAT_WEB_PORT: String(webPort) };
  const command = [process.execPath, "--enable-source-maps", join(root, "apps/inference/dist/main.js")];
  return {
    name: "service",
    health: `http://127.0.0.1:${apiPort}/health`,
    start: () => new Child("service", join(logs, "service.log"), command, { env }),
  };
}

/**
 * @param {{ home: string; apiPort: number; webPort: number }} ports
 * @returns {Server}
 */
export function consoleServer({ home, apiPort, webPort }) {
  const next = join(root, "node_modules/next/dist/bin/next");
  return {
    name: "console",
    health: `http://127.0.0.1:${webPort}/api/health`,
    start: () =>
      new Child(
        "console",
        join(logs, "console.log"),
        [process.execPath, next, "start", "-H", "127.0.0.1", "-p", String(webPort)],
        {
          cwd: join(root, "apps/web"),
          env: {
            TUGBOAT_HOME: home,
            TUGBOAT_API_PORT: String(apiPort),
            NODE_ENV: "production",
            NEXT_TELEMETRY_DISABLED: "1",
          },
        },
      ),
  };
}

const PROBE_PATIENCE_MS = 2_000;

/**
 * Whether a server answers that it serves. One connection per question, with a timer of its own: a server that accepts
 * while it still starts may never answer that connection, and the next question must not wait behind it.
 *
 * @param {Pick<Server, "health">} server
 * @returns {Promise<boolean>}
 */
export function isServing({ health }) {
  return new Promise((resolve) => {
    const request = get(health, { agent: false }, (response) => {
      response.resume();
      settle(response.statusCode === 200);
    });
    const timer = setTimeout(() => settle(false), PROBE_PATIENCE_MS);
    /** @param {boolean} serving */
    const settle = (serving) => {
      clearTimeout(timer);
      request.destroy();
      resolve(serving);
    };
    request.on("error", () => settle(false));
  });
}

/**
 * A log's lines as a person reads them: of a JSON line, what it says.
 *
 * @param {string} log
 */
export function sentences(log) {
  return log
    .split("\n")
    .map((line) => {
      if (!line.startsWith("{")) return line;
      try {
        const { msg, err } = JSON.parse(line);
        return [msg, err?.message].filter(Boolean).join(": ");
      } catch {
        return line;
      }
    })
    .filter((line) => line !== "")
    .join("\n");
}
