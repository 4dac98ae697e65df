import { describe, expect, it } from 'vitest';
import { requireMoments, settle } from '../../src/lab/plan';
import type { RunSettings } from '../../src/log/events';
import type { Recipe } from '../../src/quant/recipe/recipe';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { RecipeError } from '../../src/util/errors';

const gptq = present(findMethod('gptq'), 'gptq').recipe(3, null);
const settings: RunSettings = {
  points: [{ id: 'gptq-3', method: 'gptq', assignment: { all: gptq }, bits: 3, group: null }],
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
    const attempt =
      (widths: readonly number[], recipe: Recipe, room = { maxBufferSize: 2 ** 28, bindable: 2 ** 27 }) =>
      () =>
        requireMoments(
          { blockCount: widths.length, sites: (i) => widths.slice(i, i + 1).map(site) },
          [{ ...present(settings.points[0], 'a point'), assignment: { all: recipe } }],
          room,
        );
    const method = (name: string, group: number | null) => present(findMethod(name), name).recipe(3, group);
    // H [8192, 8192] f32 is the 256 MiB of one buffer, which every adapter allows, and two bindings.
    expect(attempt([64, 8192], gptq)).not.toThrow();
    expect(attempt([8193, 64], gptq)).toThrow(/mlp\.down of this model has 8193 inputs; expected at most 8192/);
    expect(attempt([14_336], gptq, { maxBufferSize: 2 ** 30, bindable: 2 ** 27 })).not.toThrow();
    // What is held of a group: 8192 inputs × (3968 + 128) columns are one binding.
    expect(attempt([8192], method('gptq', 3968))).not.toThrow();
    expect(attempt([8192], method('gptq', 3969))).toThrow(
      /gptq-3: mlp\.down .* groups of 3969 .* at most 3968 columns/,
    );
    expect(attempt([8192], method('awq', 128))).not.toThrow();
    expect(attempt([8192], method('awq', null))).toThrow(/8192 inputs, and this recipe looks at all of them at once/);
    expect(attempt([5792], method('awq', null))).not.toThrow();
    expect(attempt([8192], method('rtn', null))).not.toThrow();
  });
});
