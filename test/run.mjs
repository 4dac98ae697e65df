/**
 * `npm test`: makes sure that a Vulkan driver (for Dawn in Node) and Chromium (for the page) are there, then runs the fast tier: the unit
 * and kernel tests (vitest), the page's build, the page's tests (Playwright). `--tier long` runs the files named *.long.test.ts and
 * *.long.spec.ts, `--tier full` both tiers; paths run those files, or the files in those folders, whatever their tier. The last line is
 * the total over everything that ran.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { chooseFiles } from './choose.mjs';
import { findSystem } from './system.mjs';

const steps = chooseFiles(process.argv.slice(2));
const system = findSystem();
const reports = mkdtempSync(join(tmpdir(), 'bitcurve-test-'));
let passed = 0;
let failed = 0;

/** Runs a command of a dependency; returns its exit code. */
function run(args, extra = {}) {
  return spawnSync('npx', args, { stdio: 'inherit', env: { ...process.env, ...system.env, ...extra } }).status ?? 1;
}

/** Adds to the totals. A runner that failed without a test that did counts as one failure: a file that does not load, a page that does not build. */
function count(status, good, bad) {
  passed += good;
  failed += status !== 0 && bad === 0 ? 1 : bad;
}

function runUnits(files, name) {
  const report = join(reports, `${name}.json`);
  const status = run([
    'vitest',
    'run',
    ...files,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  if (!existsSync(report)) return count(status || 1, 0, 0);
  const found = JSON.parse(readFileSync(report, 'utf8'));
  tellLongest(found.testResults);
  const unloaded = found.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  // A skipped test counts as failed: nothing here may be skipped. A file that does not load has no tests to count.
  count(
    status,
    found.numPassedTests,
    found.numFailedTests + found.numPendingTests + found.numTodoTests + unloaded.length,
  );
}

/** Where the time goes, for whoever moves a case from one tier to the other. */
function tellLongest(files) {
  const timed = files.map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }));
  timed.sort((a, b) => b.seconds - a.seconds);
  const lines = timed.slice(0, 8).map(({ name, seconds }) => `${seconds.toFixed(0)} s ${relative('.', name)}`);
  console.log(`The longest files: ${lines.join(', ')}`);
}

let built = false;

function runPages(files, name) {
  if (!built) {
    const status = run(['vite', 'build']);
    if (status !== 0) return count(status, 0, 0);
    built = true;
  }
  const report = join(reports, `${name}.json`);
  const status = run(['playwright', 'test', ...files, '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: report });
  if (!existsSync(report)) return count(status || 1, 0, 0);
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  count(status, stats.expected, stats.unexpected + stats.flaky + stats.skipped);
}

const begin = performance.now();
steps.forEach(({ runner, files }, step) => (runner === 'vitest' ? runUnits : runPages)(files, `step-${step}`));
console.log(`${((performance.now() - begin) / 60_000).toFixed(1)} minutes`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
