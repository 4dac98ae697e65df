/** What the paper says of mixtures of experts, of Mamba and of pictures. Data, but for what is compared. */
import type { Asked, Claim } from '../claim';
import { structures, type Kind } from '../models';
import { nameOf, type Grouping } from '../sets';
import type { Study } from '../study';
import { beats, close } from './checks';

const of = (...kinds: readonly Kind[]) => structures.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);

const places: readonly (readonly [number, Grouping])[] = [
  [3, null],
  [2, null],
  [3, 32],
  [2, 32],
];

/** Largest mean KL, in nats per token, at which a rotated model counts as the model itself: what float32 rounding leaves is far below it. */
export const exact = 1e-6;

/** Whether the rotation can be applied is a question of algebra: the rotated model, before anything is rounded, is the model or it is not. */
function cannotRotate(study: Study, structure: string): Asked {
  const kld = study.rotated(structure);
  if (kld === null) return { checks: [] };
  const same = kld <= exact;
  const because = `The rotated model, before anything is rounded, is ${same ? 'the model itself' : 'another model'}: mean KL divergence ${kld.toExponential(0)} nats per token.`;
  return { checks: [], settled: { outcome: same ? 'against' : 'for', because } };
}

const cannotRotateCriterion = (which: string) =>
  `In each ${which}: the rotated, unrounded model is another one, mean KL above ${exact.toExponential()} nats per token. It is refuted where it is the same: what can be done once can be done. Whether it helps is asked next.`;

/** The same grid and the same rounding, with and without the rotation. */
const rotationGainsNothing = (study: Study, structure: string): Asked => ({
  checks: places.map(([bits, group]) => beats('gptq-mse', 'quarot-asymmetric', { study, structure, bits, group })),
});

const rotationGainsCriterion = (which: string) =>
  `In each ${which}: GPTQ on cut ranges loses less without the rotation than with it, the rest being the same, at 3 or 2 bits, whole rows or groups of 32, and more nowhere. It is refuted where rotation loses less somewhere and more nowhere.`;

/** AWQ is impossible where it cannot run, or where its scales make the model another one. */
function cannotScale(study: Study, structure: string): Asked {
  const tried = places.flatMap(([bits, group]) => study.side(structure, nameOf('awq', bits, group))?.measured ?? []);
  const failed = tried.find(({ failure }) => failure);
  const scaled = study.facts(structure)?.scaled;
  const told = scaled
    ? `With factors in whatever stands before its layers (${scaled.folded} of ${scaled.sites} of them) the model, before anything is rounded, is ${scaled.kld <= exact ? 'the model itself' : 'another model'}: mean KL divergence ${scaled.kld.toExponential(0)} nats per token.`
    : '';
  if (failed)
    return { checks: [], settled: { outcome: 'for', because: `AWQ cannot run: ${failed.failure}` }, note: told };
  if (!scaled || tried.length === 0) return { checks: [], note: told };
  return { checks: [], settled: { outcome: scaled.kld <= exact ? 'against' : 'for', because: `AWQ runs. ${told}` } };
}

const cannotScaleCriterion = (which: string) =>
  `In each ${which}: AWQ cannot run, or the model with factors in whatever stands before its layers is another one, mean KL above ${exact.toExponential()} nats per token. It is refuted where AWQ runs and the model stays the same. Whether it helps is asked next.`;

const scalingGainsNothing = (study: Study, structure: string): Asked => ({
  checks: places.map(([bits, group]) => beats('rtn', 'awq', { study, structure, bits, group })),
});

const scalingGainsCriterion = (which: string) =>
  `In each ${which}: RTN loses less than AWQ at 3 or 2 bits, whole rows or groups of 32, and more nowhere. It is refuted where AWQ loses less than RTN somewhere and more nowhere.`;

export const structureClaims: readonly Claim[] = [
  {
    id: 'rotation-experts',
    source: 'paper',
    statement: 'Rotation cannot be applied to mixtures of experts.',
    criterion: cannotRotateCriterion('mixture of experts'),
    why: 'The residual stream of a mixture of experts turns exactly if everything that reads it turns with it, the router included (kept in full precision). What fails is a port that turns only what it quantizes: tokens then go to other experts.',
    rule: 'direction',
    about: of('experts'),
    ask: cannotRotate,
  },
  {
    id: 'rotation-gains-experts',
    source: 'gain',
    statement: 'Rotation gains nothing on mixtures of experts.',
    criterion: rotationGainsCriterion('mixture of experts'),
    rule: 'direction',
    about: of('experts'),
    ask: rotationGainsNothing,
  },
  {
    id: 'rotation-mamba',
    source: 'paper',
    statement: 'Rotation cannot be applied to Mamba.',
    criterion: cannotRotateCriterion('Mamba'),
    why: 'Mamba’s residual stream turns exactly: the embedding, the columns of in_proj, the rows of out_proj and the head take the rotation in. Only the inside of the mixer cannot, and there one fast Hadamard transform at run time does it. QuIP is local to each matrix and never had the problem.',
    rule: 'direction',
    about: of('state'),
    ask: cannotRotate,
  },
  {
    id: 'rotation-gains-mamba',
    source: 'gain',
    statement: 'Rotation gains nothing on Mamba.',
    criterion: rotationGainsCriterion('Mamba'),
    rule: 'direction',
    about: of('state'),
    ask: rotationGainsNothing,
  },
  {
    id: 'compensation-unaffected',
    source: 'paper',
    statement: 'Compensation is unaffected by the structure.',
    criterion:
      'In every mixture of experts and every Mamba: GPTQ loses less than RTN at 3 and at 2 bits, on whole rows and in groups of 32. One place where it loses more refutes it.',
    rule: 'every',
    about: of('experts', 'state'),
    ask: (study, structure) => ({
      checks: places.map(([bits, group]) => beats('gptq', 'rtn', { study, structure, bits, group })),
    }),
  },
  {
    id: 'awq-experts',
    source: 'paper',
    statement: 'AWQ is impossible on mixtures of experts.',
    criterion: cannotScaleCriterion('mixture of experts'),
    why: 'The scale of a norm passes into all that reads it. The router reads it, too: its columns take the inverse of the scale, and the model stays what it was.',
    rule: 'direction',
    about: of('experts'),
    ask: cannotScale,
  },
  {
    id: 'awq-gains-experts',
    source: 'gain',
    statement: 'AWQ gains nothing on mixtures of experts.',
    criterion: scalingGainsCriterion('mixture of experts'),
    rule: 'direction',
    about: of('experts'),
    ask: scalingGainsNothing,
  },
  {
    id: 'awq-mamba',
    source: 'paper',
    statement: 'AWQ is impossible on Mamba.',
    criterion: cannotScaleCriterion('Mamba'),
    why: 'In Mamba 1 the scale of in_proj passes into the norm before it, and out_proj takes one multiplication of its inputs at run time. In Mamba 2 both pass into norms.',
    rule: 'direction',
    about: of('state'),
    ask: cannotScale,
  },
  {
    id: 'awq-gains-mamba',
    source: 'gain',
    statement: 'AWQ gains nothing on Mamba.',
    criterion: scalingGainsCriterion('Mamba'),
    rule: 'direction',
    about: of('state'),
    ask: scalingGainsNothing,
  },
  {
    id: 'pictures',
    source: 'paper',
    statement:
      'Across modalities, too, compensation is the most robust: no worse than rotation, which is better than salience.',
    criterion: `On captions behind their pictures, on whole rows at 3 and 2 bits: GPTQ is no more than ${close} in ln perplexity worse than QuIP, and QuIP loses less than AWQ. The opposite of any refutes it.`,
    rule: 'every',
    about: of('pictures'),
    ask: (study, structure) => ({
      checks: [3, 2].flatMap((bits) => {
        const at = { study, structure, bits, where: { set: 'captions' } };
        return [beats('gptq', 'quip', at, close), beats('quip', 'awq', at)];
      }),
    }),
  },
];
