import { existsSync } from "node:fs";

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser to test in: `TUGBOAT_CHROMIUM`, else the first one in a usual place. */
export function findChromium(): string {
  const named = process.env.TUGBOAT_CHROMIUM;
  const found = (named ? [named] : usual).find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    named
      ? `TUGBOAT_CHROMIUM names ${named}, which does not exist.`
      : "No Chromium was found: install one (apt-get install chromium) or name its path in TUGBOAT_CHROMIUM.",
  );
}

/** Runs as root in a container, stays off the network, and computes WebGPU in software where there is no GPU. */
export const chromiumArgs = [
  "--no-sandbox",
  "--disable-background-networking",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];
