import { activate as plainTwin, gateMultiply as twin } from '../../src/reference/activation';
import { uploadMatrix } from '../../src/tensor/matrix';
import { activate, gateMultiply } from '../../src/tensor/nn/activation';
import { activations, type Activation } from '../../src/util/activation';
import { normals, type OpCase } from '../opCase';

const tolerance = {
  atol: 1e-6,
  rtol: 2e-5,
  because: 'WGSL allows exp an error of 3 + 2·|x| ulp; for |x| = 80 that is about 1e-5 of it',
} as const;

const gated = (act: Activation, rows: number, cols: number, spread: number, benchOnly = false): OpCase => ({
  op: 'gate_multiply',
  label: `${act} ${rows}×${cols} spread ${spread}`,
  work: 8 * rows * cols,
  benchOnly,
  tolerance,
  prepare: (gpu, scope, rng) => {
    const gate = normals(rng, rows * cols, spread);
    const up = normals(rng, rows * cols);
    const right = uploadMatrix(scope, up, rows, cols, 'up');
    return {
      run: (into) => gateMultiply(gpu, act, uploadMatrix(into, gate, rows, cols, 'gate'), right),
      reference: () => twin(act, gate, up),
    };
  },
});

const plain = (act: Activation, rows: number, cols: number, spread: number): OpCase => ({
  op: 'activate',
  label: `${act} ${rows}×${cols} spread ${spread}`,
  work: 8 * rows * cols,
  tolerance: {
    ...tolerance,
    because: `${tolerance.because}; the error function is good to 1.5e-7 of x`,
  },
  prepare: (gpu, _scope, rng) => {
    const x = normals(rng, rows * cols, spread);
    return {
      run: (into) => activate(gpu, act, uploadMatrix(into, x, rows, cols, 'x')),
      reference: () => plainTwin(act, x),
    };
  },
});

export const cases: readonly OpCase[] = [
  gated('silu', 1, 1, 1),
  gated('silu', 1, 63, 1),
  gated('silu', 5, 65, 3),
  gated('gelu-tanh', 5, 65, 3),
  gated('silu', 3, 1000, 100), // far beyond where exp overflows
  gated('silu', 2048, 5632, 1, true),
  ...activations.flatMap((act) => [plain(act, 1, 63, 1), plain(act, 5, 65, 4), plain(act, 3, 1000, 100)]),
];
