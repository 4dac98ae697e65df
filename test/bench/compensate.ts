/**
 * Our rounding kernel against the published algorithm in PyTorch on the processor (compensate.py): one problem (W, H), codes
 * compared, times side by side. Factorisation is part of both. Python is optional: where none with torch is found, that is said and
 * nothing is compared.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gpu } from '../../src/gpu/gpu';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid, makeRounding } from '../../src/quant/solve/pieces';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { readMatrix, uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { normals, outlierColumns } from '../opCase';
import { median } from './compare';
import { findTorch } from './torch';

/** Runs of PyTorch; of ours as many before and as many after. */
const runs = 5;
const [bits, group, damping] = [4, 64, 0.01] as const;

export async function benchCompensate(gpu: Gpu, n: number, print: (line: string) => void): Promise<number> {
  using scope = gpu.scope('bench');
  const rng = createRng(n);
  const W = uploadMatrix(scope, normals(rng, n * n, 0.05), n, n, 'W');
  const X = uploadMatrix(scope, outlierColumns(rng, 2 * n, n), 2 * n, n, 'X');
  const H = zeroMatrix(scope, n, n, 'H');
  accumulateGram(gpu, X, H);
  finishGram(gpu, H, 2 * n);
  const recipe = recipeOf({
    grid: { name: 'uniform', bits, group, symmetric: false },
    rounding: { name: 'compensate', damping },
  });

  const ours = async () => {
    using local = gpu.scope('run');
    const begin = performance.now();
    const cx = { gpu, scope: local, signal: new AbortController().signal, rng, shared: rng, emit: () => undefined };
    const rounded = await makeRounding(recipe.rounding)(
      { W, H, factors: FactorCache.of(local) },
      makeGrid(recipe.grid, W.cols),
      cx,
    );
    const codes = new Uint32Array(await gpu.read(rounded.codes.view));
    return { codes, seconds: (performance.now() - begin) / 1000 };
  };
  await ours(); // compiles
  const times: number[] = [];
  let codes = new Uint32Array();
  const oursAgain = async () => {
    const result = await ours();
    codes = result.codes;
    times.push(result.seconds);
  };
  for (let i = 0; i < runs; i++) await oursAgain();

  print(`compensate ${n}×${n}, ${bits} bits, groups of ${group}`);
  const python = findTorch();
  if (!python) {
    print(`  ours                     ${(1000 * median(times)).toFixed(1).padStart(9)} ms`);
    print('  No Python with torch here: set PYTHON to one to compare with PyTorch.');
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bitcurve-compensate-'));
  try {
    writeFileSync(join(folder, 'W.f32'), await readMatrix(gpu, W));
    writeFileSync(join(folder, 'H.f32'), await readMatrix(gpu, H));
    const args = [folder, n, n, bits, group, runs, damping].map(String);
    const script = spawnSync(python, ['test/bench/compensate.py', ...args], { encoding: 'utf8' });
    if (script.status !== 0) {
      print(`  compensate.py failed: ${script.stderr.trim().split('\n').at(-1) ?? ''}`);
      return 1;
    }
    const theirs = script.stdout.trim().split('\n').map(Number);
    // Again ours, so that a load that came or went during theirs shows on both sides.
    for (let i = 0; i < runs; i++) await oursAgain();
    const want = readFileSync(join(folder, 'codes.u8'));
    const equal = codes.reduce((count, code, i) => count + (code === want[i] ? 1 : 0), 0) / codes.length;
    const [mine, other] = [median(times), median(theirs)];
    print(`  ours                     ${(1000 * mine).toFixed(1).padStart(9)} ms`);
    print(
      `  PyTorch on the processor ${(1000 * other).toFixed(1).padStart(9)} ms   time / ours ${(other / mine).toFixed(2)}`,
    );
    print(`  equal codes ${(100 * equal).toFixed(4)} %`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
