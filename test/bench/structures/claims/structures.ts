/** What the paper says of mixtures of experts, of Mamba and of pictures. Data, but for what is compared. */
import type { Asked, Check, Claim, Outcome } from '../claim';
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

/** Rotation fails where it changes the model, or loses against the same grid and rounding without it. */
function rotationFails(study: Study, structure: string): Asked {
  const kld = study.rotated(structure);
  const checks: Check[] = places.map(([bits, group]) =>
    beats('gptq-mse', 'quarot-asymmetric', { study, structure, bits, group }),
  );
  if (kld === null) return { checks };
  if (kld <= exact) {
    return {
      checks,
      note: `The rotated model, before anything is rounded, is the model itself: mean KL divergence ${kld.toExponential(0)} nats per token.`,
    };
  }
  const because = `The rotated model is another model before anything is rounded: mean KL divergence ${kld.toExponential(1)} nats per token.`;
  return { checks, settled: { outcome: 'for', because } };
}

const rotationCriterion = (which: string) =>
  `In each ${which}: the rotated, unrounded model is another one (mean KL above ${exact.toExponential()} nats per token), or GPTQ on cut ranges loses less without the rotation than with it, the rest being the same, at 3 or 2 bits, whole rows or groups of 32, and more nowhere. It is refuted where the rotated model is the same and rotation loses less somewhere and more nowhere.`;

/** AWQ is impossible where it cannot run, and as good as impossible where it is no better than what it starts from. */
function awqFails(study: Study, structure: string): Asked {
  const failed = places.flatMap(
    ([bits, group]) => study.side(structure, nameOf('awq', bits, group))?.measured.failure ?? [],
  );
  const checks = places.map(([bits, group]) => beats('rtn', 'awq', { study, structure, bits, group }));
  const settled = { outcome: 'for' as Exclude<Outcome, 'open'>, because: `AWQ cannot run: ${failed[0]}` };
  const scaled = study.facts(structure)?.scaled;
  const note = scaled
    ? `With factors in whatever stands before its layers (${scaled.folded} of ${scaled.sites} of them) the model, before anything is rounded, is ${scaled.kld <= exact ? 'the model itself' : 'another model'}: mean KL divergence ${scaled.kld.toExponential(0)} nats per token.`
    : '';
  return { checks, note, ...(failed.length && { settled }) };
}

const awqCriterion = (which: string) =>
  `In each ${which}: AWQ cannot run, or RTN loses less than AWQ at 3 or 2 bits, whole rows or groups of 32, and more nowhere. It is refuted where AWQ runs, loses less than RTN somewhere and more nowhere.`;

export const structureClaims: readonly Claim[] = [
  {
    id: 'rotation-experts',
    source: 'paper',
    statement: 'Rotation cannot be applied to mixtures of experts.',
    criterion: rotationCriterion('mixture of experts'),
    why: 'The residual stream of a mixture of experts turns exactly if everything that reads it turns with it, the router included (kept in full precision). What fails is a port that turns only what it quantizes: tokens then go to other experts.',
    rule: 'direction',
    about: of('experts'),
    ask: rotationFails,
  },
  {
    id: 'rotation-mamba',
    source: 'paper',
    statement: 'Rotation cannot be applied to Mamba.',
    criterion: rotationCriterion('Mamba'),
    why: 'Mamba’s residual stream turns exactly: the embedding, the columns of in_proj, the rows of out_proj and the head take the rotation in. Only the inside of the mixer cannot, and there one fast Hadamard transform at run time does it. QuIP is local to each matrix and never had the problem.',
    rule: 'direction',
    about: of('state'),
    ask: rotationFails,
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
    criterion: awqCriterion('mixture of experts'),
    why: 'The scale of a norm passes into all that reads it. The router reads it, too: its columns take the inverse of the scale, and the model stays what it was.',
    rule: 'direction',
    about: of('experts'),
    ask: awqFails,
  },
  {
    id: 'awq-mamba',
    source: 'paper',
    statement: 'AWQ is impossible on Mamba.',
    criterion: awqCriterion('Mamba'),
    why: 'In Mamba 1 the scale of in_proj passes into the norm before it, and out_proj takes one multiplication of its inputs at run time. In Mamba 2 both pass into norms.',
    rule: 'direction',
    about: of('state'),
    ask: awqFails,
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
