/** Our own kernel cases as a benchmark: median of repeated runs, after one that compiles. */
import type { Gpu } from '../../src/gpu/gpu';
import { tuneMatmul } from '../../src/tensor/tuning';
import { createRng } from '../../src/util/rng';
import type { OpCase } from '../opCase';

const files = import.meta.glob<{ cases: readonly OpCase[] }>('../ops/*.cases.ts', { eager: true });

/** Cases whose operation or label contains `filter`. */
export async function timeCases(gpu: Gpu, filter: string, print: (line: string) => void): Promise<void> {
  await tuneMatmul(gpu, ['f32', 'plain']);
  for (const { cases } of Object.values(files)) {
    for (const one of cases) {
      const name = `${one.op} ${one.label}`;
      if (!name.includes(filter)) continue;
      using scope = gpu.scope('bench');
      const prepared = one.prepare(gpu, scope, createRng(1));
      const times: number[] = [];
      for (let i = 0; i < 8; i++) {
        using local = gpu.scope('run');
        const begin = performance.now();
        await prepared.run(local);
        await gpu.idle();
        if (i > 0) times.push(performance.now() - begin);
      }
      const ms = times.sort((x, y) => x - y)[3] as number;
      print(
        `${name.padEnd(56)} ${ms.toFixed(2).padStart(9)} ms ${(one.work / ms / 1e6).toFixed(2).padStart(8)} GFLOP/s`,
      );
    }
  }
}
