/** What is known of the code that the paper released, and what it does to results. Data, but for what is compared. */
import { findMethod } from '../../../../src/quant/recipe/recipes';
import type { Asked, Claim } from '../claim';
import { structures, type Kind } from '../models';
import { nameOf } from '../sets';
import type { Study } from '../study';
import { beats, pointBeats } from './checks';

const of = (...kinds: readonly Kind[]) => structures.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
const labelled = (method: string) => findMethod(method)?.label ?? method;
const every = structures.map(({ name }) => name);

function residual(study: Study, structure: string): Asked {
  return {
    checks: ['gptq', 'quip'].flatMap((method) =>
      [3, 2].map((bits) => {
        const name = nameOf(method, bits);
        const label = `${labelled(method)} better with the residual stream than without, ${bits} bits`;
        return pointBeats(label, [name, {}], [name, { set: 'residual dropped' }], { study, structure });
      }),
    ),
  };
}

function router(study: Study, structure: string): Asked {
  return {
    checks: ['rtn', 'gptq'].flatMap((method) =>
      [3, 2].map((bits) => {
        const name = nameOf(method, bits);
        const label = `${labelled(method)} better with the router as stored, ${bits} bits`;
        return pointBeats(label, [name, {}], [`router ${name}`, {}], { study, structure });
      }),
    ),
  };
}

function unreached(study: Study, structure: string): Asked {
  const facts = study.facts(structure, { set: 'narrow, zeroed' })?.experts;
  const name = nameOf('gptq', 3);
  const [blended, zeroed] = [{ set: 'narrow, blended' }, { set: 'narrow, zeroed' }];
  const checks = [
    pointBeats('GPTQ better with what all tokens give than with zeros, 3 bits', [name, blended], [name, zeroed], {
      study,
      structure,
    }),
    pointBeats(
      'RTN, which needs no tokens, better than GPTQ with zeros, 3 bits',
      [nameOf('rtn', 3), blended],
      [name, zeroed],
      {
        study,
        structure,
      },
    ),
  ];
  if (!facts) return { checks };
  const note = `The narrow calibration reached all but ${facts.unreached} of ${facts.all} experts.`;
  return { checks: facts.unreached > 0 ? checks : [], note };
}

export const releasedClaims: readonly Claim[] = [
  {
    id: 'residual',
    source: 'code',
    statement: 'Calibrating Mamba without its residual stream, as the released code does, costs quality.',
    criterion:
      'In each Mamba, on whole rows: GPTQ or QuIP at 3 or 2 bits loses less when every block is calibrated on the whole stream, and none loses more. The other way round refutes it.',
    rule: 'direction',
    about: of('state'),
    ask: residual,
  },
  {
    id: 'hooks',
    source: 'code',
    statement: 'With the fused kernel installed, the inner layers of Mamba get no calibration and become zero.',
    criterion: 'It can be read in the code, and takes no measurement.',
    beyond: 'The lab has no fused kernel that goes past its layers, so there is nothing to measure.',
    rule: 'every',
    about: [],
    ask: () => null,
  },
  {
    id: 'router',
    source: 'code',
    statement:
      'Rounding the router, as the released code does for one mixture of experts and not for the other, costs quality.',
    criterion:
      'In each mixture of experts, on whole rows: RTN or GPTQ at 3 or 2 bits loses less with the router as stored, and none loses more. The other way round refutes it.',
    rule: 'direction',
    about: of('experts'),
    ask: router,
  },
  {
    id: 'unreached',
    source: 'code',
    statement: 'Setting experts to zero that no calibration token reached, as the released code does, costs quality.',
    criterion:
      'In each mixture of experts, calibrated on so little text of one kind that some expert gets none, at 3 bits on whole rows: GPTQ that takes what all tokens give, or plain RTN, loses less than GPTQ with zeros, and neither more. The other way round refutes it; where every expert was reached, nothing is decided.',
    rule: 'direction',
    about: of('experts'),
    ask: unreached,
  },
  {
    id: 'unlike',
    source: 'code',
    statement: 'AWQ in groups against all others on whole rows is not like for like: the groups help by themselves.',
    criterion:
      'In every structure: AWQ in groups of 32 loses less than AWQ on whole rows at 3 or 2 bits, and more nowhere. The other way round refutes it. (Groups of 128, as published, are whole rows of most layers here.)',
    rule: 'direction',
    about: every,
    ask: (study, structure) => ({
      checks: [3, 2].map((bits) =>
        pointBeats(
          `AWQ better in groups of 32 than on whole rows, ${bits} bits`,
          [nameOf('awq', bits, 32), {}],
          [nameOf('awq', bits), {}],
          { study, structure },
        ),
      ),
    }),
  },
  {
    id: 'quip-range',
    source: 'code',
    statement: 'QuIP’s published range is too wide at 2 bits, and much of what QuIP loses there is its range.',
    criterion:
      'In every structure at 2 bits: QuIP with the range that loses least loses less than QuIP as published. The other way round refutes it.',
    rule: 'every',
    about: every,
    ask: (study, structure) => ({ checks: [beats('quip-fitted', 'quip', { study, structure, bits: 2 })] }),
  },
  {
    id: 'stored-bits',
    source: 'code',
    statement: 'PB-LLM “at 2 bits” stores more than GPTQ at 3 bits does, and loses more.',
    criterion:
      'In every structure, on whole rows: plain GPTQ at 3 bits loses less than PB-LLM at 2 bits. (Bits stored per weight, the mask included, stand in the table.) PB-LLM losing less refutes it.',
    rule: 'every',
    about: every,
    ask: (study, structure) => ({
      checks: [
        pointBeats('GPTQ at 3 bits better than PB-LLM at 2', [nameOf('gptq', 3), {}], [nameOf('pb-llm', 2), {}], {
          study,
          structure,
        }),
      ],
    }),
  },
  {
    id: 'text-only',
    source: 'code',
    statement: 'Calibrating a model of pictures on text alone, as the released code does, costs quality on pictures.',
    criterion:
      'On captions, on whole rows: GPTQ, AWQ or QuIP at 3 or 2 bits loses less when half of the calibration tokens are pictures with what is told of them than on stories alone, and none loses more. The other way round refutes it.',
    rule: 'direction',
    about: of('pictures'),
    ask: (study, structure) => ({
      checks: ['gptq', 'awq', 'quip'].flatMap((method) =>
        [3, 2].map((bits) =>
          pointBeats(
            `${labelled(method)} better with pictures in calibration, ${bits} bits`,
            [nameOf(method, bits), { set: 'captions, pictures calibrated' }],
            [nameOf(method, bits), { set: 'captions' }],
            { study, structure },
          ),
        ),
      ),
    }),
  },
];
