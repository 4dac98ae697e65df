import { expect, it } from 'vitest';
import { concat } from '../../src/util/concat';

it('puts values one behind the other', () => {
  expect(concat([Float32Array.of(1, 2), new Float32Array(0), Float32Array.of(3)])).toEqual(Float32Array.of(1, 2, 3));
  expect(concat([])).toEqual(new Float32Array(0));
});
