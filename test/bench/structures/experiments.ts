/** The experiments beside the table: what is set against what. Data, but for how it is read. */
import type { ReportExperiment, ReportRow } from '../../../src/store/paperReport';
import { findMethod } from '../../../src/quant/recipe/recipes';
import { differenceOf } from './differences';
import { rounded, valueOf } from './numbers';
import { levels, type Kind } from './models';
import { levelMethods, nameOf, tableMethods, widths, type Grouping } from './sets';
import type { Study, Where } from './study';

interface Row {
  readonly label: string;
  readonly name: string;
  readonly where?: Where;
  /** What it is compared with. */
  readonly against?: readonly [string, Where?];
}

interface Experiment {
  readonly title: string;
  readonly line: string;
  readonly kinds: readonly Kind[];
  readonly rows: readonly Row[];
}

const label = (name: string) => findMethod(name)?.label ?? name;
const groupWords = (group: Grouping) => (group === null ? 'rows' : `groups of ${group}`);
const narrowBits = [3, 2] as const;

const experiments: readonly Experiment[] = [
  {
    title: 'Rotation, everything else the same',
    line: 'GPTQ on cut ranges with and without QuaRot’s fused rotation; as published (symmetric ranges) against plain GPTQ; and with run-time Hadamard transforms where no neighbour can take the rotation in, against without. Compared with the line said.',
    kinds: ['dense', 'experts', 'state', 'pictures'],
    rows: narrowBits.flatMap((bits): Row[] => [
      { label: `GPTQ, mse clip, ${bits} bits`, name: nameOf('gptq-mse', bits) },
      {
        label: `the same with rotation, against without, ${bits} bits`,
        name: nameOf('quarot-asymmetric', bits),
        against: [nameOf('gptq-mse', bits)],
      },
      {
        label: `the same with rotation, against without, ${bits} bits in groups of 32`,
        name: nameOf('quarot-asymmetric', bits, 32),
        against: [nameOf('gptq-mse', bits, 32)],
      },
      {
        label: `QuaRot + GPTQ, against GPTQ, ${bits} bits`,
        name: nameOf('quarot', bits),
        against: [nameOf('gptq', bits)],
      },
      {
        label: `QuaRot + GPTQ with run-time Hadamard, against without, ${bits} bits`,
        name: nameOf('quarot-online', bits),
        against: [nameOf('quarot', bits)],
      },
      {
        label: `QuIP with a fitted range, against as published, ${bits} bits`,
        name: nameOf('quip-fitted', bits),
        against: [nameOf('quip', bits)],
      },
    ]),
  },
  {
    title: 'AWQ on Mamba: with run-time multiplications, and only what folds into norms',
    line: 'Without, out_proj keeps its columns as they are; its ranges are cut all the same. AWQ against RTN, then what folds against all of it.',
    kinds: ['state'],
    rows: narrowBits.flatMap((bits) =>
      ([null, 32] as const).flatMap((group): Row[] => [
        {
          label: `AWQ, against RTN, ${bits} bits, ${groupWords(group)}`,
          name: nameOf('awq', bits, group),
          against: [nameOf('rtn', bits, group)],
        },
        {
          label: `only what folds, against all, ${bits} bits, ${groupWords(group)}`,
          name: `folded ${nameOf('awq', bits, group)}`,
          against: [nameOf('awq', bits, group)],
        },
      ]),
    ),
  },
  {
    title: 'Mamba calibrated without its residual stream',
    line: 'As the released code does; against the whole stream.',
    kinds: ['state'],
    rows: narrowBits.flatMap((bits) =>
      ['gptq', 'quip'].map((method): Row => ({
        label: `${label(method)}, ${bits} bits, without the stream`,
        name: nameOf(method, bits),
        where: { set: 'residual dropped' },
        against: [nameOf(method, bits)],
      })),
    ),
  },
  {
    title: 'Mamba: all four matrices, or in_proj and out_proj only',
    line: 'x_proj and dt_proj usually stay as stored, 16 bits. Rounding them to 8 bits and the other two to a bit more stores about as much in all: the lines with “against”.',
    kinds: ['state'],
    rows: [
      ...narrowBits.flatMap((bits): Row[] => [
        { label: `in and out at ${bits} bits, inner as stored`, name: nameOf('gptq', bits) },
        {
          label: `in and out at ${bits + 1}, inner at 8, against that`,
          name: `inner at 8 ${nameOf('gptq', bits + 1)}`,
          against: [nameOf('gptq', bits)],
        },
      ]),
      ...widths.map((bits): Row => ({ label: `all four at ${bits} bits`, name: `all four ${nameOf('gptq', bits)}` })),
    ],
  },
  {
    title: 'Experts: the router, and how an expert is known',
    line: 'The router rounded too; an expert by its own tokens alone, or blended with 512 in place of 64 tokens of all; tokens weighed by the router. Against the usual. “Rerouted”: choices of experts that came out otherwise than in full precision.',
    kinds: ['experts'],
    rows: narrowBits.flatMap((bits): Row[] => [
      { label: `RTN, ${bits} bits`, name: nameOf('rtn', bits) },
      { label: `RTN, ${bits} bits, router too`, name: `router ${nameOf('rtn', bits)}`, against: [nameOf('rtn', bits)] },
      { label: `GPTQ, ${bits} bits`, name: nameOf('gptq', bits) },
      {
        label: `GPTQ, ${bits} bits, router too`,
        name: `router ${nameOf('gptq', bits)}`,
        against: [nameOf('gptq', bits)],
      },
      ...(['blend 0', 'blend 512', 'router-weighted'] as const).map((set): Row => ({
        label: `GPTQ, ${bits} bits, ${set}`,
        name: nameOf('gptq', bits),
        where: { set },
        against: [nameOf('gptq', bits)],
      })),
    ]),
  },
  {
    title: 'Experts that no calibration token reached',
    line: 'Calibrated on 128 tokens of one kind of story. Zeroed as the released code does; by what all tokens give (the usual); by its own tokens alone. Against the usual.',
    kinds: ['experts'],
    rows: [
      {
        label: 'RTN, 3 bits',
        name: nameOf('rtn', 3),
        where: { set: 'narrow, blended' },
        against: [nameOf('gptq', 3), { set: 'narrow, blended' }],
      },
      { label: 'GPTQ, 3 bits, blended', name: nameOf('gptq', 3), where: { set: 'narrow, blended' } },
      ...['zeroed', 'own tokens'].map((what): Row => ({
        label: `GPTQ, 3 bits, ${what}`,
        name: nameOf('gptq', 3),
        where: { set: `narrow, ${what}` },
        against: [nameOf('gptq', 3), { set: 'narrow, blended' }],
      })),
    ],
  },
  {
    title: 'Pictures: stories, captions, questions',
    line: 'ln ratios on stories, on captions behind their pictures, and of the right answers to questions; what the picture saves against another one in its place (0: the model does not look); and the share of questions that it gets right. Whole rows, calibrated on stories.',
    kinds: ['pictures'],
    rows: [
      ...(['captions', 'questions'] as const).map((set): Row => ({
        label: `full precision, ${set}`,
        name: 'full precision',
        where: { set },
      })),
      ...widths.flatMap((bits) =>
        tableMethods.flatMap((method) =>
          (['usual', 'captions', 'questions'] as const).map((set): Row => ({
            label: `${label(method)}, ${bits} bits, ${set === 'usual' ? 'stories' : set}`,
            name: nameOf(method, bits),
            where: { set },
          })),
        ),
      ),
    ],
  },
  {
    title: 'Pictures: calibrated on text alone, or on pictures too',
    line: 'The same number of tokens, half of them pictures with what is told of them. Against text alone.',
    kinds: ['pictures'],
    rows: narrowBits.flatMap((bits) =>
      ['gptq', 'awq', 'quip'].flatMap((method) =>
        (['story', 'captions', 'questions'] as const).map((asked): Row => ({
          label: `${label(method)}, ${bits} bits, pictures too, ${asked === 'story' ? 'stories' : asked}`,
          name: nameOf(method, bits),
          where: { set: `${asked}, pictures calibrated` },
          against: [nameOf(method, bits), { set: asked === 'story' ? 'usual' : asked }],
        })),
      ),
    ),
  },
  {
    title: 'Levels of training',
    line: 'Whole rows, each against its own full precision.',
    kinds: ['dense', 'experts', 'state', 'pictures'],
    rows: widths.flatMap((bits) =>
      levelMethods.flatMap((method) =>
        levels.map((level): Row => ({
          label: `${label(method)}, ${bits} bits, ${level} %`,
          name: nameOf(method, bits),
          where: { level },
        })),
      ),
    ),
  },
];

function rowOf(study: Study, structure: string, { label, name, where = {}, against }: Row): ReportRow | null {
  const side = study.side(structure, name, where);
  const result = side?.measured.result;
  if (!result) return null;
  const { bitsPerWeight, operations } = result.size;
  const found = against ? differenceOf(side, study.side(structure, against[0], against[1])) : null;
  const loss = valueOf(result, 'lnRatio');
  const also = Object.fromEntries(
    ['rerouted', 'accuracy', 'sight'].flatMap((name) => {
      const mean = result.values[name]?.mean;
      return mean !== undefined && Number.isFinite(mean) ? [[name, rounded(mean)]] : [];
    }),
  );
  return {
    ...{ structure, label },
    ...(loss && { value: loss }),
    ...(found && { difference: [rounded(found.mean), rounded(found.low), rounded(found.high)] as const }),
    stored: rounded(bitsPerWeight, 3),
    ...(operations !== undefined && { operations }),
    ...also,
  };
}

/** What was measured of each; an experiment of which nothing was measured is left out. */
export function experimentsOf(study: Study): readonly ReportExperiment[] {
  return experiments.flatMap(({ title, line, kinds, rows }) => {
    const found = study.present
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap(({ name }) => rows.flatMap((row) => rowOf(study, name, row) ?? []));
    return found.length ? [{ title, line, rows: found }] : [];
  });
}
