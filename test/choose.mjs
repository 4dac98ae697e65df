/** Which files `npm test` runs (run.mjs), as steps in their order: a runner and the files that it is given. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const runners = [
  { runner: 'vitest', ending: '.test.ts' },
  { runner: 'playwright', ending: '.spec.ts' },
];
const tiers = { fast: ['fast'], long: ['long'], full: ['fast', 'long'] };

function complain(message) {
  console.error(message);
  process.exit(1);
}

/** The test files at or under a path, relative to the root, with "/" between folders. */
function testsUnder(path) {
  const found = statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true }).map((name) => join(path, name));
  return found
    .map((file) => relative(root, file).split(sep).join('/'))
    .filter((file) => runners.some(({ ending }) => file.endsWith(ending)) && !file.startsWith('..'))
    .sort();
}

const isLong = (file) => /\.long\.(test|spec)\.ts$/.test(file);

/** A step for each runner that has something to do. Playwright takes regular expressions. */
function stepsOf(files) {
  return runners
    .map(({ runner, ending }) => ({ runner, files: files.filter((file) => file.endsWith(ending)) }))
    .filter((step) => step.files.length > 0)
    .map(({ runner, files: own }) => ({
      runner,
      files: runner === 'vitest' ? own : own.map((file) => `/${file.replaceAll('.', '\\.')}$`),
    }));
}

/** `args`: paths, or `--tier` and a name; nothing for the fast tier. Ends the process with a message when they are something else. */
export function chooseFiles(args) {
  const all = testsUnder(join(root, 'test'));
  const paths = args[0] === '--tier' ? [] : args;
  if (paths.length === 0) {
    const name = args[1] ?? 'fast';
    if (!(name in tiers) || args.length > 2)
      complain(`--tier ${name}: expected one of ${Object.keys(tiers).join(', ')}`);
    return tiers[name].flatMap((tier) => stepsOf(all.filter((file) => isLong(file) === (tier === 'long'))));
  }
  const chosen = paths.flatMap((path) => {
    if (!existsSync(path))
      complain(`${path}: there is no such file; expected a test (*.test.ts, *.spec.ts) or a folder`);
    const tests = testsUnder(resolve(path));
    if (tests.length === 0) complain(`${path}: no test; tests are named *.test.ts (vitest) and *.spec.ts (Playwright)`);
    return tests;
  });
  return stepsOf([...new Set(chosen)]);
}
