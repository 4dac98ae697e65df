/**
 * Randomized Hadamard transform of both sides (QuIP#, arXiv 2402.04396, section 3): W' = U W Vᵀ, H' = V H Vᵀ with U and V Hadamard
 * matrices times random signs. The matrices of a site are one W, each over its own root mean square when they are balanced, so that
 * a small one does not take over the errors of a large one. When the model runs, inputs and outputs are transformed as well.
 */
import { hadamardOf } from '../../util/hadamard';
import { randomSigns } from '../../util/orthogonal';
import { balanced, keepParts, partBits, partOperations, partsOf, readParts } from '../balance';
import type { Context, Transform } from '../problem';
import type { Piece } from '../recipe/recipe';
import { changeMoments, hadamardRotation, turnMoment, turnRows } from '../rotation';

/** Says where the rotation of this width is not by a Hadamard matrix. */
export function tellKind(width: number, cx: Pick<Context, 'emit'>): void {
  const { kind, order, power } = hadamardOf(width);
  if (kind === 'hadamard') return;
  const used = kind === 'orthogonal' ? `random orthogonal ${order} ⊗ Hadamard ${power}` : `Hadamard blocks of ${power}`;
  const reason = `no construction here gives a Hadamard matrix of order ${width}`;
  cx.emit({ type: 'fallback-used', wanted: `Hadamard ${width}`, used, reason });
}

/** Of what was kept: sizes of the site's matrices, signs of the rows, then of the columns. */
function split(kept: Float32Array<ArrayBuffer>, rows: number) {
  const { parts, rest } = readParts(kept);
  return { parts, U: hadamardRotation(rest.slice(0, rows)), V: hadamardRotation(rest.slice(rows)) };
}

export function hadamard({ balance }: Piece): Transform {
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { rows, cols } = problem.W;
      for (const width of new Set([rows, cols])) tellKind(width, cx);
      const factors = problem.factors.under(balance === true ? 'hadamard balanced' : 'hadamard');
      const done = await factors.remember('rotated', async (scope) => {
        const parts = balance === true ? await partsOf(problem, gpu) : [];
        const kept = Float32Array.of(
          ...keepParts(parts),
          ...randomSigns(rows, cx.rng.fork('hadamard rows')),
          ...randomSigns(cols, cx.rng.fork('hadamard columns')),
        );
        const { U, V } = split(kept, rows);
        using local = gpu.scope('hadamard');
        const W = balanced(gpu, local, problem.W, parts, 'divided');
        return {
          kept,
          W: turnRows(gpu, scope, V.turn(gpu, local, W, 'forward'), U, 'forward'),
          moments: changeMoments(problem, (M) => turnMoment(gpu, scope, M, V)),
          bits: rows + cols + partBits(parts),
          operations: V.operations + U.operations + partOperations(parts),
        };
      });
      const { kept, bits, operations } = done;
      return { problem: { W: done.W, ...done.moments, factors }, kept, bits, operations };
    },

    undo(w, kept, { gpu, scope }) {
      const { parts, U, V } = split(kept, w.rows);
      using local = gpu.scope('hadamard');
      const turned = turnRows(gpu, local, w, U, 'inverse');
      const back = V.turn(gpu, parts.length ? local : scope, turned, 'inverse');
      return Promise.resolve(balanced(gpu, scope, back, parts, 'restored'));
    },
  };
}
