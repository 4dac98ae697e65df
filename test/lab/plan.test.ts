import { describe, expect, it } from 'vitest';
import { requireMoments, settle } from '../../src/lab/plan';
import type { RunSettings } from '../../src/lab/events';
import { findMethod } from '../../src/quant/recipes';
import { present } from '../../src/util/assert';
import { RecipeError } from '../../src/util/errors';

const gptq = present(findMethod('gptq'), 'gptq').recipe(3, null);
const settings: RunSettings = {
  points: [{ id: 'gptq-3', method: 'gptq', recipe: gptq, bits: 3, group: null }],
  protocol: 'gptq',
  context: 64,
  maxTokens: null,
  calibrationTokens: 64,
  mode: 'shared',
  seed: 1,
};

describe('a request', () => {
  it('is settled with full precision first', () => {
    expect(settle(settings, 'given', 64).points.map(({ id }) => id)).toEqual(['full-precision', 'gptq-3']);
  });

  it('is refused by the name of the setting', () => {
    const wrong: readonly (readonly [Partial<RunSettings>, string])[] = [
      [{ context: 65 }, 'context'],
      [{ context: 0.5 }, 'context'],
      [{ maxTokens: 0 }, 'maxTokens'],
      [{ calibrationTokens: -1 }, 'calibrationTokens'],
      [{ seed: 2 ** 32 }, 'seed'],
      [{ points: [...settings.points, ...settings.points] }, 'points'],
    ];
    for (const [change, path] of wrong) {
      const attempt = () => settle({ ...settings, ...change }, 'given', 64);
      expect(attempt).toThrow(RecipeError);
      expect(attempt).toThrow(new RegExp(path === 'points' ? 'two points' : `^${path}: `));
    }
    expect(() => settle(settings, 'none', 64)).toThrow(/gptq-3.*no calibration text/);
  });

  it('is refused before calibration where a layer is too wide for it', () => {
    const site = (cols: number) => ({ name: 'mlp.down', layers: [], reads: { kind: 'channels' as const }, cols });
    expect(() => requireMoments({ sites: [site(5792)] })).not.toThrow();
    expect(() => requireMoments({ sites: [site(64), site(5793)] })).toThrow(/mlp\.down of this model has 5793 inputs/);
  });
});
