/**
 * Randomized Hadamard transform of both sides (QuIP#, arXiv 2402.04396, section 3): W' = U W Vᵀ, H' = V H Vᵀ with U and V Hadamard
 * matrices times random signs. The matrices of a site are one W, each over its own root mean square when they are balanced, so that
 * a small one does not take over the errors of a large one. When the model runs, inputs and outputs are transformed as well.
 */
import type { Scope } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { rowDot } from '../../tensor/rowDot';
import { scaleColumns } from '../../tensor/scaleColumns';
import { hadamardOf } from '../../util/hadamard';
import { randomSigns } from '../../util/orthogonal';
import type { Context, Posed, Transform } from '../problem';
import type { Piece } from '../recipe';
import { changeMoments, hadamardRotation, turnMoment, turnRows } from '../rotation';

/** Says where the rotation of this width is not by a Hadamard matrix. */
export function tellKind(width: number, cx: Pick<Context, 'emit'>): void {
  const { kind, order, power } = hadamardOf(width);
  if (kind === 'hadamard') return;
  const used = kind === 'orthogonal' ? `random orthogonal ${order} ⊗ Hadamard ${power}` : `Hadamard blocks of ${power}`;
  const reason = `no construction here gives a Hadamard matrix of order ${width}`;
  cx.emit({ type: 'fallback-used', wanted: `Hadamard ${width}`, used, reason });
}

/** What a site's matrices, from top to bottom, were divided by. */
interface Part {
  readonly rows: number;
  readonly rms: number;
}

/** The count of parts, their rows and sizes, signs of the rows, then of the columns. */
const keptOf = (parts: readonly Part[], ...signs: readonly Float32Array[]) =>
  Float32Array.of(parts.length, ...parts.flatMap(({ rows, rms }) => [rows, rms]), ...signs.flatMap((s) => [...s]));

function split(kept: Float32Array<ArrayBuffer>, rows: number) {
  const count = kept[0] as number;
  const parts = Array.from({ length: count }, (_, i): Part => {
    return { rows: kept[1 + 2 * i] as number, rms: kept[2 + 2 * i] as number };
  });
  const signs = kept.slice(1 + 2 * count);
  return { parts, U: hadamardRotation(signs.slice(0, rows)), V: hadamardRotation(signs.slice(rows)) };
}

/** Rows times the factor of their part. */
function scaleParts(gpu: Gpu, scope: Scope, w: Matrix, parts: readonly Part[], factor: (part: Part) => number): Matrix {
  if (!parts.length) return w;
  using local = gpu.scope('parts');
  const rows = Float32Array.from(parts.flatMap((part) => new Array<number>(part.rows).fill(factor(part))));
  const ones = uploadMatrix(local, new Float32Array(w.cols).fill(1), 1, w.cols, '1');
  return scaleColumns(gpu, scope, w, ones, uploadMatrix(local, rows, 1, w.rows, 'factors'));
}

/** Root mean squares of the site's matrices where there are several; 1 for one that is zero. */
async function partsOf({ W, neighbours }: Posed, gpu: Gpu): Promise<Part[]> {
  const outputs = neighbours?.outputs ?? [];
  if (outputs.length < 2) return [];
  using scope = gpu.scope('sizes');
  const squares = await readMatrix(gpu, rowDot(gpu, scope, W, W));
  let begin = 0;
  return outputs.map(({ rows }) => {
    const sum = squares.subarray(begin, (begin += rows)).reduce((a, b) => a + b, 0);
    return { rows, rms: Math.fround(Math.sqrt(sum / (rows * W.cols))) || 1 };
  });
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
        const kept = keptOf(
          parts,
          randomSigns(rows, cx.rng.fork('hadamard rows')),
          randomSigns(cols, cx.rng.fork('hadamard columns')),
        );
        const { U, V } = split(kept, rows);
        using local = gpu.scope('hadamard');
        const W = scaleParts(gpu, local, problem.W, parts, ({ rms }) => 1 / rms);
        return {
          kept,
          W: turnRows(gpu, scope, V.turn(gpu, local, W, 'forward'), U, 'forward'),
          moments: changeMoments(problem, (M) => turnMoment(gpu, scope, M, V)),
          bits: rows + cols + 32 * parts.length,
        };
      });
      return { problem: { W: done.W, ...done.moments, factors }, kept: done.kept, bits: done.bits };
    },

    undo(w, kept, { gpu, scope }) {
      const { parts, U, V } = split(kept, w.rows);
      using local = gpu.scope('hadamard');
      const turned = turnRows(gpu, local, w, U, 'inverse');
      if (!parts.length) return Promise.resolve(V.turn(gpu, scope, turned, 'inverse'));
      return Promise.resolve(scaleParts(gpu, scope, V.turn(gpu, local, turned, 'inverse'), parts, ({ rms }) => rms));
    },
  };
}
