/** Variants of calibration: read strictly, equal where they mean the same, and carried by links. */
import { describe, expect, it } from 'vitest';
import {
  parseVariants,
  plainVariants,
  usualBlend,
  variantNumbers,
  variantsFrom,
  variantWords,
  type Variants,
} from '../../src/log/variants';

const every: Variants = { expertBlend: 0, expertWeights: 'router', deadExperts: 'zeroed', residual: 'dropped' };

describe('variants of calibration', () => {
  it('are nothing where they are as usual', () => {
    expect(plainVariants({})).toBe(undefined);
    expect(plainVariants({ expertBlend: usualBlend })).toBe(undefined);
    expect(JSON.stringify(plainVariants({ residual: 'dropped', expertBlend: 0 }))).toBe(
      JSON.stringify(plainVariants({ expertBlend: 0, residual: 'dropped' })),
    );
    expect(variantWords()).toEqual([]);
    expect(variantWords(every).length).toBe(4);
  });

  it.each([every, { expertBlend: 1 }, { deadExperts: 'zeroed' }, {}] as const)(
    'are two numbers in a link: %j',
    (variants) => {
      expect(variantsFrom(variantNumbers(variants))).toEqual(variants);
    },
  );

  it.each([
    ['expertBlend', -1],
    ['expertBlend', 1.5],
    ['expertBlend', '64'],
    ['expertWeights', 'all'],
    ['deadExperts', true],
    ['residual', null],
    ['other', 1],
  ])('are refused by name: %s = %j', (name, value) => {
    expect(() => parseVariants({ [name]: value })).toThrow(new RegExp(`variants\\.${name} is .*expected`));
  });
});
