/** Every kernel against its float64 twin, on every declared case. */
import { describe, expect, it } from 'vitest';
import { readMatrix } from '../src/tensor/matrix';
import { createRng } from '../src/util/rng';
import { testGpu } from './gpu';
import { nmse, type OpCase } from './opCase';

const files = import.meta.glob<{ cases: readonly OpCase[] }>('./ops/*.cases.ts', { eager: true });

for (const [file, { cases }] of Object.entries(files)) {
  describe(file.replace(/^.*\/|\.cases\.ts$/g, ''), () => {
    for (const one of cases.filter((c) => !c.benchOnly)) {
      it(`${one.op} ${one.label}`, async () => {
        const gpu = await testGpu();
        using scope = gpu.scope('case');
        const prepared = one.prepare(gpu, scope, createRng(20_260_101).fork(`${one.op} ${one.label}`));
        const got = await readMatrix(gpu, await prepared.run(scope));
        const want = prepared.reference();
        expect(got.length).toBe(want.length);
        if ('nmse' in one.tolerance) {
          expect(nmse(got, want), one.tolerance.because).toBeLessThanOrEqual(one.tolerance.nmse);
        } else {
          const { atol, rtol, because } = one.tolerance;
          const at = got.findIndex(
            (v, i) => !(Math.abs(v - (want[i] as number)) <= atol + rtol * Math.abs(want[i] as number)),
          );
          expect(at < 0 ? null : `[${at}] got ${got[at]}, want ${want[at]}`, because).toBe(null);
        }
      });
    }
  });
}
