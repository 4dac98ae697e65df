/** The activations of transformers, alone and as the gate of a product (gated linear units: Shazeer, 2020). */
import activationCode from '../../../shaders/lib/activation.wgsl?raw';
import grid from '../../../shaders/lib/grid.wgsl?raw';
import softSign from '../../../shaders/lib/soft_sign.wgsl?raw';
import activateCode from '../../../shaders/nn/activate.wgsl?raw';
import gateCode from '../../../shaders/nn/gate_multiply.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { activations, type Activation } from '../../util/activation';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

const common = { lib: [activationCode, softSign, grid], params: { count: 'u32' } } as const;

export const activateKernel = defineKernel({
  name: 'activate',
  code: activateCode,
  bindings: { x: 'readWrite' },
  ...common,
});

export const gateMultiplyKernel = defineKernel({
  name: 'gate_multiply',
  code: gateCode,
  bindings: { up: 'read', gate: 'readWrite' },
  ...common,
});

const constants = (act: Activation) => ({ ACTIVATION: activations.indexOf(act) });

/** x [rows, cols] f32 becomes act(x), in place; returns it. */
export function activate(gpu: Gpu, act: Activation, x: Matrix): Matrix {
  const count = x.rows * x.cols;
  assert(x.type === 'f32', 'activations are of f32 matrices');
  gpu.run(activateKernel, {
    bind: { x: readWrite(x.view) },
    params: { count },
    constants: constants(act),
    workgroups: Math.ceil(count / 64),
    work: 8 * count,
  });
  return x;
}

/** gate [rows, cols] f32 becomes act(gate) · up, in place; returns it. */
export function gateMultiply(gpu: Gpu, act: Activation, gate: Matrix, up: Matrix): Matrix {
  const count = gate.rows * gate.cols;
  assert(gate.type === 'f32' && up.type === 'f32' && up.rows * up.cols === count, 'gate and up differ in shape');
  gpu.run(gateMultiplyKernel, {
    bind: { up: read(up.view), gate: readWrite(gate.view) },
    params: { count },
    constants: constants(act),
    workgroups: Math.ceil(count / 64),
    work: 8 * count,
  });
  return gate;
}
