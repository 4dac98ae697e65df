/**
 * Randomized Hadamard transform of both sides (QuIP#, arXiv 2402.04396, section 3): W' = U W Vᵀ, H' = V H Vᵀ with U and V Hadamard
 * matrices times random signs. The matrices of a site are one W. When the model runs, inputs and outputs are transformed as well.
 */
import { hadamardOf } from '../../util/hadamard';
import { randomSigns } from '../../util/orthogonal';
import type { Context, Transform } from '../problem';
import { changeMoments, hadamardRotation, turnMoment, turnRows } from '../rotation';

/** Says where the rotation of this width is not by a Hadamard matrix. */
export function tellKind(width: number, cx: Pick<Context, 'emit'>): void {
  const { kind, order, power } = hadamardOf(width);
  if (kind === 'hadamard') return;
  const used = kind === 'orthogonal' ? `random orthogonal ${order} ⊗ Hadamard ${power}` : `Hadamard blocks of ${power}`;
  const reason = `no construction here gives a Hadamard matrix of order ${width}`;
  cx.emit({ type: 'fallback-used', wanted: `Hadamard ${width}`, used, reason });
}

/** Signs of the rows, then of the columns. */
const split = (kept: Float32Array<ArrayBuffer>, rows: number) =>
  [hadamardRotation(kept.slice(0, rows)), hadamardRotation(kept.slice(rows))] as const;

export function hadamard(): Transform {
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { rows, cols } = problem.W;
      for (const width of new Set([rows, cols])) tellKind(width, cx);
      const factors = problem.factors.under('hadamard');
      const done = await factors.remember('rotated', (scope) => {
        const kept = Float32Array.of(
          ...randomSigns(rows, cx.rng.fork('hadamard rows')),
          ...randomSigns(cols, cx.rng.fork('hadamard columns')),
        );
        const [U, V] = split(kept, rows);
        using local = gpu.scope('hadamard');
        return {
          kept,
          W: turnRows(gpu, scope, V.turn(gpu, local, problem.W, 'forward'), U, 'forward'),
          moments: changeMoments(problem, (M) => turnMoment(gpu, scope, M, V)),
        };
      });
      return { problem: { W: done.W, ...done.moments, factors }, kept: done.kept, bits: rows + cols };
    },

    undo(w, kept, { gpu, scope }) {
      const [U, V] = split(kept, w.rows);
      using local = gpu.scope('hadamard');
      return Promise.resolve(V.turn(gpu, scope, turnRows(gpu, local, w, U, 'inverse'), 'inverse'));
    },
  };
}
