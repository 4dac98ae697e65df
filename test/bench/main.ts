/**
 * `npm run bench`: ours against the peers on the same adapter, in Node (Dawn) or, with --browser, in a page in Chromium.
 *   --size N[,N]     sides of the matrices (512)
 *   --seconds S      per comparison (20)
 *   --browser        the same comparison in headless Chromium
 *   --ops [FILTER]   our own kernel cases (test/ops) instead, timed
 *   --shapes         only the matrix product at the shapes of SmolLM2-135M; with --browser in Chromium
 *   --widths         only what K widths cost beside one, in shared mode
 *   --wide MODEL[/SITE]  only a block with the shapes of a wide model (llama-3.2-1b, llama-3-8b, mixtral-8x7b, deepseek-v2-lite), or some of its sites: memory and time
 *   --methods        only the pieces of the methods (Hadamard, E8P, AWQ, LoRC) against PyTorch on the processor
 *   --verdicts FILE  only what results owe to the calibration text, twenty texts of four lengths (an hour; FILE keeps what is measured)
 *   --compensate     only the rounding kernel against the same algorithm in PyTorch on the processor (PYTHON names one with torch)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { holdForever, openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import { runInBrowser } from './browser';
import { compareCholesky, compareMatmul, toLines } from './compare';
import { benchCompensate } from './compensate';
import { timeCases } from './cases';
import { benchMethods } from './methods';
import { benchVerdicts } from './verdicts';
import { compareShapes, shapeLines } from './shapes';
import { benchWide, wideModels } from './wide';
import { benchWidths } from './widths';
import { jaxPeer, ortPeer, tfPeer, type Jax, type Ort, type Peer, type Tf } from './peers';

const folder = resolve('test/bench');
/** Of the benchmarks of widths and of shapes; an odd number has a median. */
const rounds = 5;
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Installs the peers from this folder's own lockfile. Their scripts are not run: onnxruntime-node's would download CUDA. */
function installPeers(): boolean {
  if (existsSync(join(folder, 'node_modules/@jax-js/jax'))) return true;
  print('Installing the peers into test/bench/node_modules (about 500 MB) …');
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (done.status !== 0) print('That failed: run `npm ci --ignore-scripts` in test/bench, then this again.');
  return done.status === 0;
}

/** The peers look for `navigator.gpu`; what they make must outlive garbage collection (gpu/dawn.ts). */
function offerNavigator(): void {
  const gpu = openDawn();
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  const offered = {
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      const adapter = await requestAdapter(options);
      if (adapter) {
        const requestDevice = adapter.requestDevice.bind(adapter);
        adapter.requestDevice = async (descriptor) => {
          const device = await requestDevice(descriptor);
          holdForever(device);
          return device;
        };
      }
      holdForever(adapter);
      return adapter;
    },
    getPreferredCanvasFormat: () => 'bgra8unorm',
  };
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: offered, userAgent: 'node', platform: process.platform },
    configurable: true,
  });
}

async function openPeers(): Promise<Peer[]> {
  offerNavigator();
  const load = createRequire(join(folder, 'package.json'));
  const open: Record<string, () => Promise<Peer>> = {
    onnxruntime: async () => Promise.resolve(ortPeer(load('onnxruntime-node') as Ort, 'onnxruntime-node')),
    'tfjs-webgpu': async () => {
      load('@tensorflow/tfjs-backend-webgpu');
      return tfPeer(load('@tensorflow/tfjs-core') as Tf);
    },
    'jax-js': async () => jaxPeer(load('@jax-js/jax') as Jax),
  };
  const peers: Peer[] = [];
  for (const [name, make] of Object.entries(open)) {
    try {
      peers.push(await make());
    } catch (error) {
      print(`${name} does not run here: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return peers;
}

export async function main(args: readonly string[]): Promise<number> {
  const option = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? null : (args[at + 1] ?? '');
  };
  const sizes = (option('--size') ?? '512').split(',').map(Number);
  const seconds = Number(option('--seconds') ?? 20);
  if (sizes.some((n) => !(n >= 1)) || !(seconds > 0)) {
    print('--size takes numbers like 256,512 and --seconds one number');
    return 2;
  }
  print(
    `load ${loadavg()
      .map((v) => v.toFixed(1))
      .join(' ')}`,
  );
  if (args.includes('--browser')) {
    if (args.includes('--shapes')) return runInBrowser(folder, 'shapes', {}, print);
    if (!installPeers()) return 1;
    return runInBrowser(folder, 'index', { size: sizes.join(','), seconds: String(seconds) }, print);
  }

  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  print(`adapter: ${gpu.card.name}`);
  if (args.includes('--ops')) {
    const filter = option('--ops') ?? '';
    await timeCases(gpu, filter.startsWith('--') ? '' : filter, print);
    return 0;
  }
  if (args.includes('--shapes')) {
    for (const line of shapeLines(await compareShapes(gpu, rounds))) print(line);
    return 0;
  }
  if (args.includes('--widths')) {
    await benchWidths(gpu, rounds, print);
    return 0;
  }
  const cases = option('--verdicts');
  if (cases !== null) {
    await benchVerdicts(gpu, cases || 'verdicts.ndjson', print);
    return 0;
  }
  if (args.includes('--wide')) {
    const [name = '', site = ''] = (option('--wide') ?? '').split('/');
    if (!Object.hasOwn(wideModels, name)) {
      print(`--wide takes ${Object.keys(wideModels).join(' or ')}, with /SITE for one of its sites`);
      return 2;
    }
    await benchWide(gpu, name as keyof typeof wideModels, site, print);
    return 0;
  }
  if (args.includes('--methods')) {
    for (const n of sizes) await benchMethods(gpu, n, print);
    return 0;
  }
  if (args.includes('--compensate')) {
    for (const n of sizes) if (await benchCompensate(gpu, n, print)) return 1;
    return 0;
  }
  if (!installPeers()) return 1;
  const peers = await openPeers();
  for (const n of sizes) {
    for (const line of toLines(await compareMatmul(gpu, peers, n, seconds))) print(line);
    for (const line of toLines(await compareCholesky(gpu, peers, n, seconds))) print(line);
  }
  for (const line of shapeLines(await compareShapes(gpu, rounds))) print(line);
  for (const n of sizes) await benchCompensate(gpu, n, print);
  for (const n of sizes) await benchMethods(gpu, n, print);
  await benchWidths(gpu, rounds, print);
  print(
    `load ${loadavg()
      .map((v) => v.toFixed(1))
      .join(' ')}`,
  );
  return 0;
}
