/**
 * `npm test`: makes sure that a Vulkan driver (for Dawn in Node) and Chromium (for the page) are there, then runs the unit and
 * kernel tests, builds the page, runs the page's tests, and prints the total over both as the last line.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSystem } from './system.mjs';

const system = findSystem();
const reports = mkdtempSync(join(tmpdir(), 'bitcurve-test-'));
const env = { ...process.env, ...system.env };

/** Runs one runner; returns its exit code. */
function run(args, extra = {}) {
  return spawnSync('npx', args, { stdio: 'inherit', env: { ...env, ...extra } }).status ?? 1;
}

let passed = 0;
let failed = 0;
let broken = false;

const unitReport = join(reports, 'unit.json');
const unitStatus = run(['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`]);
if (existsSync(unitReport)) {
  const report = JSON.parse(readFileSync(unitReport, 'utf8'));
  passed += report.numPassedTests;
  // A skipped test counts as failed: nothing here may be skipped. A file that does not load has no tests to count.
  failed += report.numFailedTests + report.numPendingTests + report.numTodoTests;
  failed += report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
}
broken ||= unitStatus !== 0;

const buildStatus = run(['vite', 'build']);
broken ||= buildStatus !== 0;
if (buildStatus === 0) {
  const pageReport = join(reports, 'page.json');
  const pageStatus = run(['playwright', 'test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: pageReport });
  if (existsSync(pageReport)) {
    const { stats } = JSON.parse(readFileSync(pageReport, 'utf8'));
    passed += stats.expected;
    failed += stats.unexpected + stats.flaky + stats.skipped;
  }
  broken ||= pageStatus !== 0;
}

if (broken && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
