import { existsSync } from "node:fs";

const USUAL = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser that the journeys run in: `TUGBOAT_CHROMIUM`, or the first in a usual place. */
export function findChromium() {
  const named = process.env.TUGBOAT_CHROMIUM;
  const path = (named ? [named] : USUAL).find((candidate) => existsSync(candidate));
  return {
    path,
    advice: "There is no Chromium: install it (apt-get install chromium), or name its path in TUGBOAT_CHROMIUM.",
  };
}
