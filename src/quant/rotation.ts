/**
 * Rotations as transforms need them: an orthogonal V [width, width] that is applied and never formed. Randomized Hadamard (QuIP#,
 * QuaRot), a Kronecker pair of random orthogonals with a permutation (QuIP), or a random orthogonal matrix. All from a seed, so that
 * a layer that is restored meets the same arithmetic as when it was solved.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { hadamard } from '../tensor/hadamard';
import { kronecker } from '../tensor/kronecker';
import { matmul } from '../tensor/matmul';
import { uploadMatrix, type Matrix } from '../tensor/matrix';
import { transpose } from '../tensor/transpose';
import { assert } from '../util/assert';
import { hadamardOperations } from '../util/hadamard';
import { kroneckerFactors, randomOrthogonal, randomPermutation } from '../util/orthogonal';
import { createRng, type Rng } from '../util/rng';
import { gatherColumns, uploadOrder } from './columns';
import { invert } from './groups';
import type { Direction, Posed, Turning } from './problem';

/** V of `width`, applied to every run of `width` columns. */
export interface Rotation extends Turning {
  readonly width: number;
  /** Of one run of `width`: additions, multiplications, or the two in one. Signs go into the additions. */
  readonly operations: number;
}

/** V = Q·diag(signs) with the Hadamard rotation Q of util/hadamard.ts. */
export function hadamardRotation(signs: Float32Array<ArrayBuffer>): Rotation {
  const width = signs.length;
  return {
    width,
    operations: hadamardOperations(width),
    turn(gpu, scope, x, direction) {
      using local = gpu.scope('signs');
      return hadamard(gpu, scope, x, { direction, width, signs: uploadMatrix(local, signs, 1, width, 'signs') });
    },
  };
}

/**
 * V = Q·diag(signs) over heads of `size` side by side, one sign a head: component i of every head is mixed with component i of the others,
 * Q ⊗ I in the words of QuaRot.
 */
export function acrossHeads(signs: Float32Array<ArrayBuffer>, size: number): Rotation {
  const heads = signs.length;
  const width = heads * size;
  const run = hadamardRotation(signs);
  // The same component of all heads side by side.
  const order = Uint32Array.from({ length: width }, (_, at) => (at % heads) * size + Math.floor(at / heads));
  return {
    width,
    operations: size * run.operations,
    turn(gpu, scope, x, direction) {
      assert(x.cols === width, `a rotation of ${width} for ${x.cols} columns`);
      using local = gpu.scope('across heads');
      const moved = gatherColumns(gpu, local, x, uploadOrder(local, order));
      const turned = run.turn(gpu, local, moved, direction);
      return gatherColumns(gpu, scope, turned, uploadOrder(local, invert(order)));
    },
  };
}

/** `first`, on each run of its width, and then `second`: V = V₂·V₁. */
export function inTurn(first: Rotation, second: Rotation): Rotation {
  const { width } = second;
  assert(width % first.width === 0, `runs of ${first.width} in ${width}`);
  return {
    width,
    operations: (width / first.width) * first.operations + second.operations,
    turn(gpu, scope, x, direction) {
      using local = gpu.scope('in turn');
      const [one, two] = direction === 'forward' ? [first, second] : [second, first];
      return two.turn(gpu, scope, one.turn(gpu, local, x, direction), direction);
    },
  };
}

/** V uniform over the orthogonal matrices of this width. */
export function orthogonalRotation(width: number, rng: Rng): Rotation {
  const V = randomOrthogonal(width, rng);
  return {
    width,
    operations: width ** 2,
    turn(gpu, scope, x, direction) {
      assert(x.cols % width === 0, `a rotation of ${width} for ${x.cols} columns`);
      using local = gpu.scope('orthogonal');
      const runs = { ...x, rows: (x.rows * x.cols) / width, cols: width };
      const factor = uploadMatrix(local, Float32Array.from(V), width, width, 'V');
      const y = matmul(gpu, scope, runs, factor, { b: direction === 'forward' ? 'transposed' : 'plain' });
      return { ...y, rows: x.rows, cols: x.cols };
    },
  };
}

/** V = (A ⊗ B)·Π: random orthogonals A [p, p], B [q, q] with p·q = width, and a random permutation Π (QuIP, section 4). */
export function kroneckerRotation(width: number, rng: Rng): Rotation {
  const [p, q] = kroneckerFactors(width);
  const [A, B] = [randomOrthogonal(p, rng.fork('A')), randomOrthogonal(q, rng.fork('B'))];
  const order = randomPermutation(width, rng.fork('order'));
  return {
    width,
    // A factor of one row is a sign.
    operations: width * ((p > 1 ? p : 0) + (q > 1 ? q : 0)),
    turn(gpu, scope, x, direction) {
      assert(x.cols === width, `a rotation of ${width} for ${x.cols} columns`);
      using local = gpu.scope('kronecker pair');
      const factor = (V: Float64Array, n: number) =>
        uploadMatrix(local, Float32Array.from(direction === 'forward' ? V : transposed(V, n)), n, n, 'factor');
      const [a, b] = [factor(A, p), factor(B, q)];
      if (direction === 'forward') {
        const moved = gatherColumns(gpu, local, x, uploadOrder(local, order));
        return kronecker(gpu, scope, kronecker(gpu, local, moved, a, q), b, 1);
      }
      const turned = kronecker(gpu, local, kronecker(gpu, local, x, b, 1), a, q);
      return gatherColumns(gpu, scope, turned, uploadOrder(local, invert(order)));
    },
  };
}

function transposed(V: Float64Array, n: number): Float64Array {
  return V.map((_, at) => V[(at % n) * n + Math.floor(at / n)] as number);
}

/** U·x ('forward') or Uᵀ·x ('inverse'): every run of `width` rows. */
export function turnRows(gpu: Gpu, scope: Scope, x: Matrix, U: Rotation, direction: Direction): Matrix {
  using local = gpu.scope('rows');
  return transpose(gpu, scope, U.turn(gpu, local, transpose(gpu, local, x), direction));
}

/** V·M·Vᵀ of a moment M [n, n]. */
export function turnMoment(gpu: Gpu, scope: Scope, M: Matrix, V: Rotation): Matrix {
  using local = gpu.scope('moment');
  return turnRows(gpu, scope, V.turn(gpu, local, M, 'forward'), V, 'forward');
}

/** The moments of a problem after `change`: H, and the cross-moment where there is one. Means of |x| do not survive a rotation. */
export function changeMoments(
  { H, cross }: Posed,
  change: (moment: Matrix) => Matrix,
): Pick<Posed, 'H'> & Pick<Posed, 'cross'> {
  return { ...(H && { H: change(H) }), ...(cross && { cross: change(cross) }) };
}

/** A seed as two numbers that float32 holds exactly, for what a transform keeps. 32 bits. */
export function drawSeed(rng: Rng): readonly [high: number, low: number] {
  return [rng.integer(65_536), rng.integer(65_536)];
}

/** The stream of a seed from drawSeed. */
export function seededRng(high: number | undefined, low: number | undefined): Rng {
  assert(high !== undefined && low !== undefined, 'a transform kept its seed');
  return createRng(high * 65_536 + low);
}
