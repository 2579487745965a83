import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./paths.mjs";

const memory = join(home, "durations.json");
const tty = process.stderr.isTTY === true;
const REPORT_EVERY_MS = 10_000;

/** @param {number} ms */
export function seconds(ms) {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 90_000
    ? `${Math.round(ms / 1000)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** How long the steps took the last time on this machine. */
function remembered() {
  try {
    return JSON.parse(readFileSync(memory, "utf8"));
  } catch {
    return {};
  }
}

/** A line that says what is being done, for how long, and what it last said. */
export class Step {
  #key;
  #title;
  #start = performance.now();
  #note = "";
  #timer;
  #reported = 0;

  /**
   * @param {string} key
   * @param {string} title such as "Installing packages"
   * @param {number} expectedMs a guess for the first time; afterwards the last time's figure is shown
   */
  constructor(key, title, expectedMs) {
    this.#key = key;
    this.#title = title;
    const about = seconds(remembered()[key] ?? expectedMs);
    if (tty) this.#timer = setInterval(() => this.#draw(), 200);
    else {
      process.stderr.write(`${title} … (about ${about})\n`);
      this.#timer = setInterval(() => this.#report(), 500);
    }
    this.about = about;
    if (tty) this.#draw();
  }

  /** @param {string} text what it is doing now */
  note(text) {
    this.#note = text;
  }

  /** @param {string} [result] */
  done(result = "") {
    const took = performance.now() - this.#start;
    this.#end(`✓ ${this.#title}: ${result === "" ? "" : `${result}, `}${seconds(took)}`);
    try {
      writeFileSync(memory, JSON.stringify({ ...remembered(), [this.#key]: Math.round(took) }));
    } catch {
      // Only a guess is lost.
    }
  }

  fail() {
    this.#end(`✗ ${this.#title}: failed after ${seconds(performance.now() - this.#start)}`);
  }

  /** @param {string} line */
  #end(line) {
    clearInterval(this.#timer);
    process.stderr.write(tty ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }

  #draw() {
    const elapsed = seconds(performance.now() - this.#start);
    const line = `… ${this.#title}: ${elapsed} of about ${this.about}${this.#note === "" ? "" : `  ${this.#note}`}`;
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  #report() {
    const elapsed = performance.now() - this.#start;
    if (elapsed - this.#reported < REPORT_EVERY_MS) return;
    this.#reported = elapsed;
    process.stderr.write(`  ${seconds(elapsed)}${this.#note === "" ? "" : `: ${this.#note}`}\n`);
  }
}
