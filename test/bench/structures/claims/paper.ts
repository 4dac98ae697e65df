/** What the paper says of strategies, widths and training (PTQ-Bench, arXiv 2502.13178). Data, but for what is compared. */
import type { Asked, Claim } from '../claim';
import { all } from '../claim';
import { structures } from '../models';
import type { Study } from '../study';
import { beats, beatsOnAverage, close, easierBefore, storedNote, survives } from './checks';

const every = structures.map(({ name }) => name);
const asks = (...checks: Asked['checks']): Asked => ({ checks });
const absent = 'OmniQuant, the paper’s optimization, is not in the lab yet, so nothing is said of it.';

/** Structures whose table is there, beside the dense one. */
const others = (study: Study) => study.present.map(({ name }) => name).filter((name) => name !== 'llama');

export const paperClaims: readonly Claim[] = [
  {
    id: 'close-at-4',
    source: 'paper',
    statement: 'At 4 bits all strategies are close.',
    criterion: `On the dense model, on whole rows at 4 bits, each of GPTQ, AWQ and QuIP is shown to be no more than ${close} in ln perplexity (5 %) worse than each other. One that is shown to be worse by more refutes it. ${absent}`,
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const strategies = ['gptq', 'awq', 'quip'];
      const at = { study, structure, bits: 4 };
      return asks(...strategies.flatMap((a) => strategies.filter((b) => b !== a).map((b) => beats(a, b, at, close))));
    },
  },
  {
    id: 'awq-best-at-4',
    source: 'paper',
    statement: 'At 4 bits AWQ is slightly the best.',
    criterion:
      'On the dense model, on whole rows at 4 bits, AWQ loses less than GPTQ and less than QuIP. One that loses less than AWQ refutes it.',
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const at = { study, structure, bits: 4 };
      return asks(beats('awq', 'gptq', at), beats('awq', 'quip', at));
    },
  },
  {
    id: 'awq-good-at-3',
    source: 'paper',
    statement: 'At 3 bits AWQ is still good.',
    criterion: `On the dense model, on whole rows at 3 bits, AWQ is shown to be no more than ${close} in ln perplexity worse than GPTQ and than QuIP. Being shown worse than that refutes it.`,
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const at = { study, structure, bits: 3 };
      return asks(beats('awq', 'gptq', at, close), beats('awq', 'quip', at, close));
    },
  },
  {
    id: 'survive-2',
    source: 'paper',
    statement: 'At 2 bits only QuIP and GPTQ survive.',
    criterion: `On the dense model, on whole rows at 2 bits: GPTQ and QuIP keep more than half of what the model knew, and AWQ loses more than half. What it knew is ln(number of ids) less its loss in nats per token. The opposite of any of the three refutes it. ${absent}`,
    why: 'At this size a grid of four levels for a whole row leaves little of anything; QuIP’s published range is too wide at 2 bits.',
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const at = { study, structure, bits: 2 };
      return asks(survives('gptq', 'kept', at), survives('quip', 'kept', at), survives('awq', 'lost', at));
    },
  },
  {
    id: 'crossing',
    source: 'paper',
    statement: 'At 2 bits models with little training favour QuIP, and heavily trained ones favour GPTQ.',
    criterion:
      'On the dense model, on whole rows at 2 bits: QuIP loses less than GPTQ at 7 % of the training, and GPTQ less than QuIP at the end. The opposite of either refutes it.',
    why: 'QuIP’s 2-bit grid holds 2.4 root mean squares, too wide for four levels: whichever way it comes out, the grid is in it. See the line of the fitted range.',
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) =>
      asks(
        beats('quip', 'gptq', { study, structure, bits: 2, where: { level: 7 } }),
        beats('gptq', 'quip', { study, structure, bits: 2 }),
      ),
  },
  {
    id: 'sizes',
    source: 'paper',
    statement:
      'A large model at 2 bits is worse than a small one at 4 bits, always; at 3 bits the advantage of size remains.',
    criterion: 'It takes one structure in several sizes.',
    beyond: 'The zoo has one size of each structure: nothing here can test it.',
    rule: 'every',
    about: [],
    ask: () => null,
  },
  {
    id: 'combination',
    source: 'paper',
    statement: 'Compensation together with rotation, or with salience, is better than compensation alone.',
    criterion:
      'On the dense model, on whole rows at 2 bits: QuaRot + GPTQ, QuIP + GPTQ and PB-LLM each lose less than plain GPTQ. One that loses more refutes it. PB-LLM stores more bits than its name says; that is asked of below.',
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const at = { study, structure, bits: 2 };
      const combined = ['quarot', 'quip-gptq', 'pb-llm'];
      const checks = combined.map((method) => beats(method, 'gptq', at));
      return { checks, note: storedNote(['gptq', ...combined], at) };
    },
  },
  {
    id: 'order-at-2',
    source: 'paper',
    statement: 'At 2 bits, from worst to best: GPTQ, OWQ, LRQuant, PB-LLM, QuaRot + GPTQ.',
    criterion:
      'On the dense model, on whole rows at 2 bits: OWQ loses less than GPTQ, PB-LLM less than OWQ, QuaRot + GPTQ less than PB-LLM. One pair the other way round refutes it. LRQuant is not in the lab.',
    rule: 'every',
    about: ['llama'],
    ask: (study, structure) => {
      const at = { study, structure, bits: 2 };
      return asks(beats('owq', 'gptq', at), beats('pb-llm', 'owq', at), beats('quarot', 'pb-llm', at));
    },
  },
  {
    id: 'stable',
    source: 'paper',
    statement:
      'PB-LLM and QuaRot + GPTQ are consistently stable: better than advanced salience, optimization and plain GPTQ.',
    criterion:
      'In every structure, on whole rows at 2 bits: PB-LLM and QuaRot + GPTQ each lose less than plain GPTQ and less than OWQ. One that loses more in any structure refutes it. LRQuant and OmniQuant are not in the lab.',
    rule: 'every',
    about: every,
    ask: (study, structure) => {
      const at = { study, structure, bits: 2 };
      const checks = ['pb-llm', 'quarot'].flatMap((a) => ['gptq', 'owq'].map((b) => beats(a, b, at)));
      return { checks, note: storedNote(['gptq', 'owq', 'pb-llm', 'quarot'], at) };
    },
  },
  {
    id: 'robust-order',
    source: 'paper',
    statement:
      'Robust across structures and modalities, from most to least: compensation, no worse than rotation; then optimization, about equal to salience.',
    criterion: `Mean over all structures but the dense one, on whole rows at 3 and 2 bits: GPTQ is no more than ${close} in ln perplexity worse than QuIP, and QuIP loses less than AWQ. The opposite of either refutes it. ${absent}`,
    rule: 'every',
    about: [all],
    ask: (study) => {
      const names = others(study);
      // A mean over some of them would be of another claim.
      if (study.missing.some(({ name }) => name !== 'llama')) return null;
      return asks(
        beatsOnAverage('gptq', 'quip', study, names, [3, 2], close),
        beatsOnAverage('quip', 'awq', study, names, [3, 2]),
      );
    },
  },
  {
    id: 'harder-when-trained',
    source: 'paper',
    statement: 'The more a model was trained, the harder it is to quantize.',
    criterion:
      'In every structure, on whole rows at 3 and 2 bits: RTN and GPTQ each lose more at the end of the training than at 7 % of it, each against its own full precision. One that loses less refutes it.',
    rule: 'every',
    about: every,
    ask: (study, structure) =>
      asks(
        ...['rtn', 'gptq'].flatMap((method) =>
          [3, 2].map((bits) => easierBefore(method, 7, { study, structure, bits })),
        ),
      ),
  },
];
