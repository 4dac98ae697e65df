/**
 * Runs a TypeScript entry of this project in Node through Vite, which resolves the shaders' `?raw` imports as in the page and lowers
 * `using`, which Node 20 does not know. Usage: node src/cli/engine.mjs ENTRY [ARGUMENTS]. The entry exports
 * `main(args): Promise<number>`, the exit code. It runs in a child process, whose standard error passes through here: Dawn writes
 * warnings about software adapters there, from native code, and an error is to be one line.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sourceHash } from './sourceHash.mjs';

/** "maxDynamicUniformBuffersPerPipelineLayout artificially reduced from …": of no consequence here, and nothing to be done about it. */
const chatter = /^Warning: max\w+ artificially reduced/;

if (process.env.BITCURVE_ENGINE === 'child') await runEntry();
else watchOver();

async function runEntry() {
  const { runnerImport } = await import('vite');
  // A parent that was killed cannot stop us: its end of the channel closes.
  process.on('disconnect', () => process.exit(1));
  const [entry, ...args] = process.argv.slice(2);
  const { module } = await runnerImport(`./${entry}`, {
    configFile: false,
    define: { __ENGINE__: JSON.stringify(sourceHash(fileURLToPath(new URL('../..', import.meta.url)))) },
    logLevel: 'error',
    oxc: { target: 'es2023' },
  });
  // Dawn keeps the process alive; when `main` is done, so are we. Output is flushed first.
  const code = await module.main(args);
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

function watchOver() {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
    env: { ...process.env, BITCURVE_ENGINE: 'child' },
  });
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    if (!chatter.test(line)) process.stderr.write(`${line}\n`);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  let ended = null;
  const finish = () => ended && process.stderr.write('', () => process.exit(ended.code));
  child.on('exit', (code, signal) => {
    if (signal) process.stderr.write(`the engine was ended by ${signal}\n`);
    ended = { code: code ?? 1 };
    if (child.stderr.readableEnded || child.stderr.destroyed) finish();
  });
  lines.on('close', finish);
}
