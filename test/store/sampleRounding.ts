/** A made-up rounding of two matrices, and the card of the checkpoint that they are of. */
import type { MatrixRounded, RoundingEvent, RoundingStarted } from '../../src/log/rounding';
import type { TensorsCard } from '../../src/model/card';
import { plainMethods, plainPoints } from '../../src/quant/recipe/plainMethods';
import { recipes } from '../../src/quant/recipe/recipes';

export const tensorsCard = (name: string): TensorsCard => ({
  kind: 'tensors',
  name,
  architecture: name,
  missing: `It is a ${name}.`,
  tensors: 3,
  parameters: 12_000,
  dtypes: ['F32'],
  bytes: 48_000,
  parts: [{ name: 'encoder.layer.0', tensors: 3, parameters: 12_000, bytes: 48_000 }],
  matrices: { tensors: 2, parameters: 11_264 },
  undecoded: [],
  fingerprint: 'fedcba9876543210',
});

/** Of widths 4 and 2: three curves and the formats of those widths. */
export const points = plainPoints(plainMethods(recipes), { widths: [2, 4], group: null, symmetric: false });

export const started: RoundingStarted = {
  type: 'rounding-started',
  app: 'test',
  at: '2026-01-01T00:00:00.000Z',
  checkpoint: { name: 'bert', fingerprint: 'fedcba9876543210', bytes: 48_000 },
  adapter: { name: 'none', vendor: '', architecture: '', features: [], limits: {} },
  points,
  matrices: 2,
};

export const rounded = (tensor: string, point: string, squaredError: number, energy = 1): MatrixRounded => ({
  type: 'matrix-rounded',
  tensor,
  point,
  method: point.slice(0, point.lastIndexOf('-')),
  bits: Number(point.slice(point.lastIndexOf('-') + 1)),
  rows: 64,
  cols: 88,
  stored: 22_528,
  error: squaredError / energy,
  squaredError,
  energy,
  bitsPerWeight: Number(point.slice(point.lastIndexOf('-') + 1)) + 0.25,
  used: point === 'q2_k-2' ? 'iq4_nl' : null,
  hash: 'a'.repeat(64),
  seconds: 1,
});

export const sampleRounding: readonly RoundingEvent[] = [
  started,
  rounded('a.weight', 'rtn-4', 0.01),
  rounded('a.weight', 'rtn-2', 0.2),
  { type: 'progressed', phase: 'quantizing', point: 'rtn-2', done: 0.5, secondsElapsed: 1, secondsLeft: 3 },
  rounded('b.weight', 'rtn-4', 0.06, 3),
  rounded('b.weight', 'rtn-2', 1.5, 3),
  rounded('b.weight', 'q2_k-2', 0.03, 3),
  {
    type: 'matrix-failed',
    tensor: 'c.weight',
    point: null,
    error: { name: 'FormatError', code: 'non-finite-weights', message: 'c.weight holds NaN.', details: {} },
  },
];
