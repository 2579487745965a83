import { readFileSync } from "node:fs";

/** Most resident memory that this process ever had, in bytes. */
export function peakResidentBytes(): number {
  // Linux tells kilobytes under either name; elsewhere the runtime's figure is in kilobytes too.
  return process.resourceUsage().maxRSS * 1024;
}

/** Lets the peak count from now on, where the system can. */
export function residentBytes(): number {
  try {
    const [, pages = "0"] = readFileSync("/proc/self/statm", "utf8").split(" ");
    return Number(pages) * 4096;
  } catch {
    return process.memoryUsage.rss();
  }
}
