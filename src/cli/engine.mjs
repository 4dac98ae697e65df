/**
 * Runs a TypeScript entry of this project in Node through Vite, which resolves the shaders' `?raw` imports as in the page and lowers
 * `using`, which Node 20 does not know. Usage: node src/cli/engine.mjs ENTRY [ARGUMENTS]. The entry exports
 * `main(args): Promise<number>`, the exit code.
 */
import { runnerImport } from 'vite';

const [entry, ...args] = process.argv.slice(2);
const { module } = await runnerImport(`./${entry}`, {
  configFile: false,
  logLevel: 'error',
  oxc: { target: 'es2023' },
});
// Dawn keeps the process alive; when `main` is done, so are we. Output is flushed first.
const code = await module.main(args);
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
