const browsers = [
  ["Edge", /\bEdgA?\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /\b(?:Headless)?(?:Chrome|Chromium|CriOS)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//],
] as const;
const systems = [
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Android", /\bAndroid\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["Linux", /\bLinux\b/],
] as const;

/** A browser's line about itself as a person would name it: `Firefox 131 on macOS`. */
export function browserName(userAgent: string | null): string {
  if (userAgent === null) return "A program";
  const browser = browsers.find(([, pattern]) => pattern.test(userAgent));
  const system = systems.find(([, pattern]) => pattern.test(userAgent))?.[0];
  if (!browser) return system === undefined ? (userAgent.split(/[\s/]/)[0] ?? "A program") : `A browser on ${system}`;
  const [name, pattern] = browser;
  const version = pattern.exec(userAgent)?.[1] ?? "";
  return `${name} ${version}${system === undefined ? "" : ` on ${system}`}`;
}
