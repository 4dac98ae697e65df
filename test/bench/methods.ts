/**
 * The pieces of the methods against PyTorch on the processor (methods.py), run by run in turn: Hadamard rotation, E8P encoding, AWQ's
 * scale search, LoRC's low rank. What is printed is the median of the ratios of neighbouring runs. Python is optional: where none
 * with torch is found, that is said and only ours is timed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Gpu } from '../../src/gpu/gpu';
import { FactorCache } from '../../src/quant/factorCache';
import { e8pTable } from '../../src/reference/e8p';
import { makeGrid, makeTransform } from '../../src/quant/solve/pieces';
import { nearest } from '../../src/quant/rounding/nearest';
import { accumulateMagnitude } from '../../src/tensor/columnMagnitude';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { hadamard } from '../../src/tensor/hadamard';
import { truncatedSvd } from '../../src/tensor/lowRank';
import { readMatrix, uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { normals, outlierColumns } from '../opCase';
import { median } from './compare';
import { findTorch } from './torch';

const runs = 7;
const rank = 8;
const [bits, group] = [4, 64] as const;

interface Contest {
  readonly label: string;
  /** The line that methods.py is sent. */
  readonly request: string;
  readonly ours: () => Promise<unknown>;
}

/** A line to the Python process, its answer back: seconds and a number. */
function converse(python: string, folder: string) {
  const child = spawn(python, ['test/bench/methods.py', folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (request: string): Promise<number> => {
      child.stdin.write(`${request}\n`);
      const answer = await lines.next();
      if (answer.done) throw new Error(`methods.py ended at "${request}"`);
      return Number(answer.value.split(' ')[0]);
    },
    end: () => child.kill(),
  };
}

export async function benchMethods(gpu: Gpu, n: number, print: (line: string) => void): Promise<void> {
  using scope = gpu.scope('bench');
  const rng = createRng(n);
  const w = normals(rng, n * n, 0.05);
  const W = uploadMatrix(scope, w, n, n, 'W');
  const X = uploadMatrix(scope, outlierColumns(rng, 2 * n, n), 2 * n, n, 'X');
  const H = zeroMatrix(scope, n, n, 'H');
  const magnitude = zeroMatrix(scope, 1, n, 'mean |x|');
  accumulateGram(gpu, X, H);
  finishGram(gpu, H, 2 * n);
  accumulateMagnitude(gpu, X, magnitude, 1 / (2 * n));

  const inScope = (work: (local: ReturnType<Gpu['scope']>) => Promise<unknown>) => async () => {
    using local = gpu.scope('run');
    await work(local);
    await gpu.idle();
  };
  const context = (local: ReturnType<Gpu['scope']>) => ({
    ...{ gpu, scope: local, rng, shared: rng },
    ...{ signal: new AbortController().signal, emit: () => undefined },
  });
  const contests: Contest[] = [
    {
      label: `Hadamard of the rows of ${n}×${n}`,
      request: `hadamard ${n} ${n}`,
      ours: inScope((local) => Promise.resolve(hadamard(gpu, local, W))),
    },
    {
      label: `E8P encoding of ${n}×${n}`,
      request: `e8p ${n} ${n}`,
      ours: inScope((local) => {
        const problem = { W, factors: FactorCache.of(local) };
        return nearest()(problem, makeGrid({ name: 'e8p', bits: 2 }, n), context(local));
      }),
    },
    {
      label: `AWQ scale search of ${n}×${n}, ${bits} bits, groups of ${group}`,
      request: `awq ${n} ${n} ${bits} ${group}`,
      ours: inScope((local) => {
        const grid = makeGrid({ name: 'awq', bits, group, clip: false }, n);
        const problem = { W, H, magnitude, factors: FactorCache.of(local) };
        return makeTransform({ name: 'scale', formula: 'llm-awq' }).fit(problem, grid, context(local));
      }),
    },
    {
      label: `LoRC, rank ${rank} of ${n}×${n}`,
      request: `lorc ${n} ${n} ${rank}`,
      ours: inScope(() => truncatedSvd(gpu, W, rank, createRng(1))),
    },
  ];

  const python = findTorch();
  const folder = mkdtempSync(join(tmpdir(), 'bitcurve-methods-'));
  const peer = python ? converse(python, folder) : null;
  try {
    writeFileSync(join(folder, 'W.f32'), w);
    writeFileSync(join(folder, 'H.f32'), await readMatrix(gpu, H));
    writeFileSync(join(folder, 'magnitude.f32'), await readMatrix(gpu, magnitude));
    writeFileSync(join(folder, 'table.f32'), Float32Array.from(e8pTable));
    if (!peer) print('No Python with torch here: set PYTHON to one to compare with PyTorch.');
    for (const { label, request, ours } of contests) {
      // Once before: ours compiles, theirs warms up.
      await ours();
      await peer?.ask(request);
      const mine: number[] = [];
      const theirs: number[] = [];
      for (let i = 0; i < runs; i++) {
        const begin = performance.now();
        await ours();
        mine.push((performance.now() - begin) / 1000);
        if (peer) theirs.push(await peer.ask(request));
      }
      const milliseconds = (seconds: readonly number[]) => `${(1000 * median(seconds)).toFixed(1).padStart(9)} ms`;
      print(label);
      print(`  ours                     ${milliseconds(mine)}`);
      if (!peer) continue;
      const ratio = median(theirs.map((seconds, i) => seconds / (mine[i] as number)));
      print(`  PyTorch on the processor ${milliseconds(theirs)}   time / ours ${ratio.toFixed(2)}`);
    }
  } finally {
    peer?.end();
    rmSync(folder, { recursive: true });
  }
}
