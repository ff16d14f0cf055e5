// Sums what vitest and the linters wrote down; the exit codes of both have the last word, so that a crash is a failure.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, testsCode, lintCode] = process.argv.slice(2);
const read = (name) => {
  try {
    return JSON.parse(readFileSync(join(folder, name), "utf8"));
  } catch {
    return null;
  }
};

const countTests = (report) => {
  if (report === null) return { passed: 0, failed: 0 };
  // A file that could not even be loaded has no tests to fail.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
};
const heed = (count, code) => (code === "0" ? count : { ...count, failed: Math.max(1, count.failed) });

const counts = [heed(countTests(read("vitest.json")), testsCode), heed(read("lint.json") ?? { passed: 0, failed: 0 }, lintCode)];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
