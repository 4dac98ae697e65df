/** Every verdict is reached on made-up figures; and chance is not taken for a finding. */
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/util/rng';
import { all, judge, type Claim } from './claim';
import { claims } from './claims';
import { beats } from './claims/checks';
import { levels, structures } from './models';
import { measuredLike, studyWith } from './made';
import { Study } from './study';

const claim = (id: string): Claim => {
  const found = claims.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};
const verdict = (id: string, study: Study) => judge(claim(id), study).verdict;

const experts = { mixtral: {}, qwen2_moe: {} };

describe('a claim about every structure that it names', () => {
  const rotation = (gptq: number, rotated: number) => ({
    'gptq-mse 3': gptq / 2,
    'gptq-mse 2': gptq,
    'gptq-mse 3 g32': gptq / 2,
    'gptq-mse 2 g32': gptq,
    'quarot-asymmetric 3': rotated / 2,
    'quarot-asymmetric 2': rotated,
    'quarot-asymmetric 3 g32': rotated / 2,
    'quarot-asymmetric 2 g32': rotated,
  });

  it('is reproduced where all of them are for it', () => {
    const study = studyWith({ mixtral: rotation(0.2, 1), qwen2_moe: rotation(0.3, 1.2) });
    expect(verdict('rotation-gains-experts', study)).toBe('reproduced');
  });

  it('is refuted where one is against it, and says which', () => {
    const study = studyWith({ mixtral: rotation(0.2, 1), qwen2_moe: rotation(1.2, 0.3) });
    const { verdict, answers } = judge(claim('rotation-gains-experts'), study);
    expect(verdict).toBe('refuted');
    expect(answers.map(({ structure, outcome }) => [structure, outcome])).toEqual([
      ['mixtral', 'for'],
      ['qwen2_moe', 'against'],
    ]);
  });

  it('is undecided where differences are what chance gives', () => {
    expect(verdict('rotation-gains-experts', studyWith({ mixtral: rotation(1, 1), qwen2_moe: rotation(1, 1) }))).toBe(
      'undecided',
    );
  });

  it('is undecided, not reproduced, where one of them is missing', () => {
    const { verdict, answers } = judge(claim('rotation-gains-experts'), studyWith({ mixtral: rotation(0.2, 1) }));
    expect(verdict).toBe('undecided');
    expect(answers[1]).toMatchObject({ structure: 'qwen2_moe', outcome: 'missing', checks: [] });
  });

  it('is refuted although one of them is missing', () => {
    expect(verdict('rotation-gains-experts', studyWith({ mixtral: rotation(1, 0.2) }))).toBe('refuted');
  });

  it('of rotation is reproduced where the rotated model is another model, whatever the losses', () => {
    const study = studyWith({ mixtral: rotation(1, 0.2), qwen2_moe: rotation(1, 0.2) }, { rotated: 0.3 });
    const { verdict, answers } = judge(claim('rotation-experts'), study);
    expect(verdict).toBe('reproduced');
    expect(answers[0]?.note).toMatch(/another model/);
  });

  it('of rotation is refuted where the rotated model is the model, whatever the losses, and open where nothing tells of it', () => {
    const losses = { mixtral: rotation(0.2, 1), qwen2_moe: rotation(0.2, 1) };
    expect(verdict('rotation-experts', studyWith(losses, { rotated: 4e-13 }))).toBe('refuted');
    expect(verdict('rotation-experts', studyWith(losses, { rotated: null }))).toBe('undecided');
  });

  it('of AWQ is reproduced where AWQ cannot run', () => {
    const study = studyWith({
      mixtral: { 'awq 3': 'no place for scales' },
      qwen2_moe: { 'awq 3': 'no place for scales' },
    });
    const { verdict, answers } = judge(claim('awq-experts'), study);
    expect(verdict).toBe('reproduced');
    expect(answers[0]?.note).toMatch(/no place for scales/);
  });

  it('of AWQ says whether scales leave the model as it is, whichever set told of it', () => {
    const scaled = { kld: 1e-13, folded: 9, sites: 9 };
    const first = studyWith({ mixtral: { 'awq 3': 0.1 } }, { set: 'usual', scaled });
    const both = studyWith({ mixtral: { 'rtn 3': 0.4 } }, { set: 'usual' }, first);
    const [answer] = judge(claim('awq-experts'), both).answers;
    expect(answer?.note).toMatch(/9 of 9 .* the model itself/);
    expect(answer?.outcome).toBe('against');
    const another = studyWith({ mixtral: { 'awq 3': 0.1 } }, { scaled: { ...scaled, kld: 0.2 } });
    expect(judge(claim('awq-experts'), another).answers[0]?.outcome).toBe('for');
  });

  it('of what AWQ gains is refuted where it helps', () => {
    const study = studyWith({ mixtral: { 'awq 3': 0.1, 'rtn 3': 0.4, 'awq 2': 1, 'rtn 2': 2 }, qwen2_moe: {} });
    expect(verdict('awq-gains-experts', study)).toBe('refuted');
  });

  it('whose checks go both ways is open', () => {
    const study = studyWith({ ...experts, mixtral: { 'awq 3': 0.1, 'rtn 3': 0.4, 'awq 2': 2, 'rtn 2': 1 } });
    expect(judge(claim('awq-gains-experts'), study).answers[0]?.outcome).toBe('open');
  });
});

describe('a claim that takes all of its checks', () => {
  const table = (gptq: number, awq: number, quip: number) => ({
    llama: { 'gptq 4': gptq, 'awq 4': awq, 'quip 4': quip },
  });

  it('is reproduced only where all are decided', () => {
    expect(verdict('close-at-4', studyWith(table(0.01, 0.012, 0.011)))).toBe('reproduced');
    expect(verdict('close-at-4', studyWith(table(0.01, 0.012, 0.06)))).toBe('undecided');
    expect(verdict('close-at-4', studyWith(table(0.01, 0.012, 0.4)))).toBe('refuted');
  });

  it('is undecided where one point is not measured', () => {
    expect(verdict('close-at-4', studyWith({ llama: { 'gptq 4': 0.01, 'awq 4': 0.012 } }))).toBe('undecided');
  });

  it('asks what is left of what the model knew', () => {
    // Knows ln 512 − 0.5 = 5.74 nats; half of it is 2.87.
    const after = (gptq: number, quip: number, awq: number) => ({
      llama: { 'gptq 2': gptq, 'quip 2': quip, 'awq 2': awq },
    });
    expect(verdict('survive-2', studyWith(after(1, 1.2, 5)))).toBe('reproduced');
    expect(verdict('survive-2', studyWith(after(5, 1.2, 5)))).toBe('refuted');
    expect(verdict('survive-2', studyWith(after(2.87, 1.2, 5)))).toBe('undecided');
  });

  it('compares levels of training, each against its own full precision', () => {
    const study = (early: number, late: number) => {
      const points = (loss: number) => ({ 'rtn 3': loss, 'rtn 2': 2 * loss, 'gptq 3': loss, 'gptq 2': 2 * loss });
      const made = new Study();
      for (const { name } of structures) {
        studyWith({ [name]: points(late) }, {}, made);
        studyWith({ [name]: points(early) }, { level: 7, full: 1.5 }, made);
      }
      return made;
    };
    expect(levels).toContain(7);
    expect(verdict('harder-when-trained', study(0.2, 1))).toBe('reproduced');
    expect(verdict('harder-when-trained', study(1, 0.2))).toBe('refuted');
    expect(verdict('harder-when-trained', study(1, 1))).toBe('undecided');
  });

  it('takes structures together', () => {
    const of = (gptq: number, quip: number, awq: number) =>
      Object.fromEntries(
        structures.map(({ name }) => [
          name,
          Object.fromEntries(
            [3, 2].flatMap((bits) => [
              [`gptq ${bits}`, gptq] as const,
              [`quip ${bits}`, quip] as const,
              [`awq ${bits}`, awq] as const,
            ]),
          ),
        ]),
      );
    expect(verdict('robust-order', studyWith(of(0.2, 0.4, 1)))).toBe('reproduced');
    expect(verdict('robust-order', studyWith(of(1, 0.4, 0.2)))).toBe('refuted');
    const { mamba: _, ...some } = of(1, 0.4, 0.2);
    expect(verdict('robust-order', studyWith(some))).toBe('undecided');
    expect(judge(claim('robust-order'), studyWith(of(0.2, 0.4, 1))).answers.map(({ structure }) => structure)).toEqual([
      all,
    ]);
  });
});

describe('what nothing here can decide', () => {
  it('stays undecided', () => {
    for (const id of ['sizes', 'hooks']) expect(verdict(id, studyWith({ llama: {} }))).toBe('undecided');
  });

  it('is undecided with no model at all', () => {
    for (const { id } of claims) expect(verdict(id, new Study())).toBe('undecided');
  });

  it('of experts that all were reached says so', () => {
    const points = { 'gptq 3': 0.2, 'rtn 3': 0.3 };
    const study = (unreached: number) => {
      const made = studyWith({ mixtral: points }, { set: 'narrow, blended' });
      return studyWith({ mixtral: { 'gptq 3': 2 } }, { set: 'narrow, zeroed', experts: { all: 24, unreached } }, made);
    };
    expect(judge(claim('unreached'), study(0)).answers[0]).toMatchObject({ outcome: 'open', checks: [] });
    expect(judge(claim('unreached'), study(5)).answers[0]?.outcome).toBe('for');
  });
});

describe('chance', () => {
  it('refutes or reproduces hardly any claim: one in twenty at most', () => {
    const rng = createRng(11);
    const about: Claim = {
      ...claim('compensation-unaffected'),
      rule: 'direction',
      about: ['llama'],
      ask: (study, structure) => ({
        checks: Array.from({ length: 20 }, (_, i) => beats(`a${i}`, `b${i}`, { study, structure, bits: 3 })),
      }),
    };
    let found = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const points = Object.fromEntries(
        ['a', 'b'].flatMap((side) =>
          Array.from({ length: 20 }, (_, i) => [`${side}${i} 3`, measuredLike(0.3, rng)] as const),
        ),
      );
      if (judge(about, studyWith({ llama: points })).answers[0]?.outcome !== 'open') found++;
    }
    expect(found / trials).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / trials));
  });
});

it('claims have names of their own, criteria, and ask of structures that there are', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  const names = new Set([...structures.map(({ name }) => name), all]);
  for (const { about, criterion, beyond } of claims) {
    expect(criterion.length).toBeGreaterThan(20);
    expect(about.every((name) => names.has(name))).toBe(true);
    expect(about.length > 0 || beyond !== undefined).toBe(true);
  }
});
