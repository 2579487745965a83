import { writeFileSync } from "node:fs";

/** The same summary for Playwright. */
export default class SummaryReporter {
  /** @type {Map<string, { name: string; state: string; message: string }>} */
  #tests = new Map();
  /** @type {string[]} */
  #errors = [];

  /**
   * @param {import("@playwright/test/reporter").TestCase} test
   * @param {import("@playwright/test/reporter").TestResult} result
   */
  onTestEnd(test, result) {
    const name = test
      .titlePath()
      .filter((part) => part !== "")
      .join(" > ");
    const reason = test.annotations.find(({ type }) => type === "skip" || type === "fixme")?.description ?? "";
    const state = result.status === "skipped" ? "skipped" : test.ok() ? "passed" : "failed";
    this.#tests.set(test.id, { name, state, message: state === "skipped" ? reason : (result.error?.message ?? "") });
  }

  /** @param {import("@playwright/test/reporter").TestError} error */
  onError(error) {
    this.#errors.push(error.message ?? String(error.value));
  }

  onEnd() {
    const tests = [...this.#tests.values()];
    const failed = tests.filter(({ state }) => state === "failed").map(({ name, message }) => ({ name, message }));
    for (const message of this.#errors) failed.push({ name: "outside of any test", message });
    const skipped = tests
      .filter(({ state }) => state === "skipped")
      .map(({ name, message }) => ({ name, reason: message }));
    const passed = tests.filter(({ state }) => state === "passed").length;
    const path = process.env.TUGBOAT_TEST_SUMMARY;
    if (path !== undefined) writeFileSync(path, JSON.stringify({ passed, failed, skipped }));
  }

  printsToStdio() {
    return false;
  }
}
