import { describe, expect, it } from 'vitest';
import { commands, helpText } from '../../src/cli/commands';
import { choiceOf, integerOf, parseOptions, type Given } from '../../src/cli/options';
import { goalOf, pointsOf, settingsOf } from '../../src/cli/request';
import type { ModelCard } from '../../src/model/card';
import { recipeAt } from '../../src/quant/recipe/assignment';
import { recipes } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import { RecipeError } from '../../src/util/errors';

const sweep = present(
  commands.find(({ name }) => name === 'sweep'),
  'sweep',
).options;
const given = (...args: readonly string[]): Given => parseOptions(['--model', 'm', '--text', 't', ...args], sweep);
const calibrated = (...args: readonly string[]): Given => given('--calibration', 'c', ...args);
const card = { maxContext: 512 } as ModelCard;

describe('options', () => {
  it('reads values, values after "=", and switches', () => {
    expect([...given('--bits=2,3', '--symmetric', '--seed', '7')]).toEqual([
      ['model', 'm'],
      ['text', 't'],
      ['bits', '2,3'],
      ['symmetric', true],
      ['seed', '7'],
    ]);
  });

  it('says what is wrong', () => {
    expect(() => given('--bit', '3')).toThrow(/no option --bit; there are --model/);
    expect(() => given('--bits')).toThrow(/--bits needs a value/);
    expect(() => given('--seed', '1', '--seed', '2')).toThrow(/--seed is given twice/);
    expect(() => given('stray')).toThrow(/"stray" is not an option/);
    expect(() => given('--json=1')).toThrow(/--json takes no value/);
    expect(() => parseOptions(['--model', 'm'], sweep)).toThrow(/--text FILE is missing/);
    expect(parseOptions(['--model', 'm', '--images', 'set.jsonl'], sweep).has('text')).toBe(false);
    expect(() => pointsOf(given('--recipes', 'gptq'))).toThrow(/add --calibration FILE or --calibration-images FILE/);
    expect(pointsOf(given('--recipes', 'gptq', '--bits', '3', '--calibration-images', 'set.jsonl'))).toHaveLength(1);
  });

  it('repeats no more of what it was given than a message can carry', () => {
    const long = 'x'.repeat(5000);
    const only = (name: string): Given => new Map([[name, long]]);
    for (const attempt of [
      () => parseOptions([long], sweep),
      () => parseOptions([`--${long}`], sweep),
      () => choiceOf(only('mode'), 'mode', 'a', ['a', 'b']),
      () => integerOf(only('context'), 'context', 1, 1, 9),
      () => pointsOf(only('recipes')),
      () => pointsOf(only('bits')),
      () => pointsOf(new Map([['recipes', `${long},${long}`]])),
      () => goalOf(only('accept')),
    ]) {
      expect(attempt).toThrow(RecipeError);
      expect(attempt).not.toThrow(/x{100}/);
    }
  });

  it('makes exceptions by site: of the method itself, on the plain grid where nobody sees inputs, or as stored', () => {
    const [point] = pointsOf(
      calibrated('--recipes', 'gptq', '--bits', '3', '--except', 'decoder.*.mlp.down=6, decoder.0.*=stored,head=8'),
    );
    const { assignment } = present(point, 'gptq-3');
    const at = (site: string) => assignment && recipeAt(assignment, site);
    expect(at('decoder.1.mlp.down')).toMatchObject({ grid: { bits: 6 }, rounding: { name: 'compensate' } });
    expect(at('decoder.1.mlp.gate-up')).toMatchObject({ grid: { bits: 3 } });
    expect([at('decoder.0.mlp.down'), at('embedding')]).toEqual([null, null]);
    expect(at('head')).toMatchObject({ grid: { bits: 8 }, rounding: { name: 'nearest' } });
    for (const wrong of ['head', 'head=9', 'head=stored=1', '=3', 'a b=3', 'head=8,,']) {
      expect(() => pointsOf(calibrated('--except', wrong)), wrong).toThrow(/--except/);
    }
    expect(() => pointsOf(calibrated('--recipes', 'q4_k', '--bits', '4', '--except', 'decoder.0.*=3'))).toThrow(
      /--except: q4_k has no 3 bits/,
    );
  });

  it('makes every recipe at every width', () => {
    const points = pointsOf(calibrated('--recipes', 'rtn,gptq', '--bits', '3,2', '--group', '32', '--symmetric'));
    expect(points.map(({ id }) => id)).toEqual(['rtn-3', 'rtn-2', 'gptq-3', 'gptq-2']);
    for (const point of points) {
      expect(point.group).toBe(32);
      expect(point.assignment?.all.grid).toMatchObject({ bits: point.bits, group: 32, symmetric: true });
    }
    expect(pointsOf(calibrated('--group', 'row'))[0]).toMatchObject({
      group: null,
      assignment: { all: { grid: { group: null, symmetric: false } } },
    });
    expect(() => pointsOf(given('--recipes', 'gptq'))).toThrow(
      /gptq needs a calibration text.*add --calibration FILE.*rtn/,
    );
    expect(() => pointsOf(calibrated('--recipes', 'gptq-gar'))).toThrow(/gptq-gar needs groups.*--group N/);
    expect(() => pointsOf(given('--recipes', 'awful'))).toThrow(/no method "awful"; there are rtn/);
    expect(() => pointsOf(given('--bits', '1'))).toThrow(/whole number from 2 to 8/);
    expect(() => pointsOf(given('--bits', '3,,4'))).toThrow(/empty entry/);
    expect(() => pointsOf(given('--bits', '3,3'))).toThrow(/names one twice/);
    expect(() => pointsOf(given('--group', '1e2'))).toThrow(/whole number from 2/);
  });

  it('settles the rest', () => {
    expect(settingsOf(given(), card)).toMatchObject({
      protocol: 'gptq',
      context: 512,
      maxTokens: null,
      mode: 'shared',
      seed: 0,
    });
    expect(settingsOf(given('--protocol', 'llama.cpp', '--context', '256', '--max-tokens', '99'), card)).toMatchObject({
      protocol: 'llama.cpp',
      context: 256,
      maxTokens: 99,
    });
    expect(() => settingsOf(given('--mode', 'parallel'), card)).toThrow(
      /--mode is "parallel"; expected shared or sequential/,
    );
    for (const context of ['-3', '0', '1', '513', '1024']) {
      const range = `--context is "${context}"; expected a whole number from 2 to 512, the longest of this model`;
      expect(() => settingsOf(given('--context', context), card)).toThrow(range);
    }
    expect(() => settingsOf(given('--context', '3', '--protocol', 'llama.cpp'), card)).toThrow(/from 4 to 512/);
  });

  it('lists every method in the help', () => {
    for (const { name } of recipes) expect(helpText()).toContain(`  ${name} `);
  });
});
