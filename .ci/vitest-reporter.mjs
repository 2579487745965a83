import { writeFileSync } from "node:fs";

/** Writes what the summary of all tests needs: the counts, each failure's words and each skip's reason. */
export default class SummaryReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly import("vitest/node").SerializedError[]} errors thrown outside of any test
   */
  onTestRunEnd(modules, errors) {
    const summary = { passed: 0, failed: [], skipped: [] };
    const root = process.cwd();
    for (const module of modules) {
      const file = module.moduleId.startsWith(root) ? module.moduleId.slice(root.length + 1) : module.moduleId;
      for (const error of module.errors()) summary.failed.push({ name: file, message: error.message });
      for (const test of module.children.allTests()) {
        const {
          state,
          note,
          errors: why = [],
        } = /** @type {{ state: string; note?: string; errors?: { message: string }[] }} */ (test.result());
        const name = `${file} > ${test.fullName}`;
        if (state === "passed") summary.passed += 1;
        else if (state === "failed")
          summary.failed.push({ name, message: why.map(({ message }) => message).join("\n") });
        else summary.skipped.push({ name, reason: note ?? /\(skipped: (.*?)\)( >|$)/.exec(test.fullName)?.[1] ?? "" });
      }
    }
    for (const error of errors) summary.failed.push({ name: "outside of any test", message: error.message });
    const path = process.env.TUGBOAT_TEST_SUMMARY;
    if (path !== undefined) writeFileSync(path, JSON.stringify(summary));
  }
}
