/** What the command line can do: names, options and help. The list of methods is the quant room's own. Data only. */
import { recipes } from '../quant/recipe/recipes';
import type { OptionMeta } from './options';

const model: OptionMeta = { name: 'model', value: 'PATH', line: 'Hugging Face folder of the model', required: true };
const json: OptionMeta = { name: 'json', value: null, line: 'events as NDJSON on standard output, nothing else' };
const evaluation: readonly OptionMeta[] = [
  { name: 'text', value: 'FILE', line: 'evaluation text (.txt, .jsonl)', required: true, unless: 'images' },
  {
    name: 'images',
    value: 'FILE.jsonl',
    line: 'in place of it, PNG pictures beside the file with captions or questions, a line for each',
  },
  { name: 'tell', value: 'TEMPLATE', line: 'how a caption is written (as the file says, or <image>{caption})' },
  {
    name: 'ask',
    value: 'TEMPLATE',
    line: 'how a question is written (as the file says, or <image>{question} {answer})',
  },
  { name: 'other-pictures', value: null, line: 'show another picture of the file in place of each' },
  { name: 'protocol', value: 'gptq|llama.cpp', line: 'perplexity protocol (gptq)' },
  { name: 'context', value: 'N', line: 'tokens per window (the model’s own, at most 2048)' },
  { name: 'max-tokens', value: 'N', line: 'evaluate at most N tokens, in whole windows, at least one (all)' },
];

const group: OptionMeta = { name: 'group', value: 'N|row', line: 'columns that share a scale (row)' };
const symmetric: OptionMeta = { name: 'symmetric', value: null, line: 'grids without a zero point' };
const calibrationImages: OptionMeta = {
  name: 'calibration-images',
  value: 'FILE.jsonl',
  line: 'pictures as of --images, in place of that text or beside it: then each has half of the tokens',
};
const quantized: readonly OptionMeta[] = [
  group,
  symmetric,
  { name: 'calibration-tokens', value: 'N', line: 'tokens of calibration, in whole windows, at least one (16384)' },
  {
    name: 'calibration-draws',
    value: 'K',
    line: 'measure calibrated points on K disjoint parts of the text, 1 to 8 (1)',
  },
  {
    name: 'mode',
    value: 'shared|sequential',
    line: 'one calibration for all, or each block after its quantized ones (shared)',
  },
  {
    name: 'variants',
    value: 'A=B,…',
    line: 'other ways to calibrate: expert-blend=N, expert-weights=router, dead-experts=zeroed, residual=dropped',
  },
  { name: 'seed', value: 'N', line: 'seed of every random choice (0)' },
  { name: 'keep', value: 'DIR', line: 'keep finished layers there, and resume from them' },
];

export interface CommandMeta {
  readonly name: 'inspect' | 'evaluate' | 'sweep' | 'matrix' | 'logits';
  readonly line: string;
  readonly options: readonly OptionMeta[];
}

export const commands: readonly CommandMeta[] = [
  {
    name: 'inspect',
    line: 'What the headers tell of a model, and what rounding loses of its weights without running it.',
    options: [
      model,
      {
        name: 'errors',
        value: null,
        line: 'round every matrix to nearest, and tell how much of it is lost; for models of any architecture',
      },
      {
        name: 'recipes',
        value: 'A,B',
        line: 'methods without calibration, or all of them (those that have every width)',
      },
      { name: 'bits', value: '2,3,4', line: 'widths, 2 to 8 (8,4,3,2)' },
      group,
      symmetric,
      json,
    ],
  },
  { name: 'evaluate', line: 'Perplexity of a model as it is.', options: [model, ...evaluation, json] },
  {
    name: 'sweep',
    line: 'Quantize by every recipe at every width, and measure.',
    options: [
      model,
      ...evaluation,
      { name: 'calibration', value: 'FILE', line: 'calibration text; needed by recipes that are calibrated' },
      calibrationImages,
      { name: 'recipes', value: 'A,B', line: 'methods by name, or all that the other options allow (rtn,gptq)' },
      { name: 'bits', value: '2,3,4', line: 'widths, 2 to 8 (2,3,4,8)' },
      ...quantized,
      {
        name: 'except',
        value: 'SITE=N,…',
        line: 'sites of another width, or =stored: decoder.*.mlp.down=6,decoder.0.*=stored,head=8',
      },
      {
        name: 'sites',
        value: 'usual|all',
        line: 'all: routers too, and all four layers of a Mamba mixer, as in the paper (usual)',
      },
      { name: 'accept', value: 'PERCENT', line: 'the answer: smallest point with at most so much more perplexity (3)' },
      { name: 'have', value: 'MB', line: 'the answer: best point of at most so many megabytes' },
      json,
    ],
  },
  {
    name: 'matrix',
    line: 'Every transform with every rounding and correction at one width, as a table.',
    options: [
      model,
      ...evaluation,
      { name: 'calibration', value: 'FILE', line: 'calibration text', required: true, unless: 'calibration-images' },
      calibrationImages,
      { name: 'bits', value: 'N', line: 'width, 2 to 8 (3)' },
      ...quantized,
      json,
    ],
  },
  {
    name: 'logits',
    line: 'Raw logits, little-endian float32, [tokens, vocabulary].',
    options: [
      model,
      { name: 'ids', value: '1,2,3', line: 'token ids of one window', required: true },
      {
        name: 'pixels',
        value: 'FILE.f32',
        line: 'pictures among the ids: little-endian float32, [pictures, 3, height, width], normalised',
      },
      { name: 'out', value: 'FILE.f32', line: 'where to write them', required: true },
    ],
  },
];

export function helpText(): string {
  const blocks = commands.map(({ name, line, options }) => {
    const rows = options.map((o) => [
      `--${o.name}${o.value ? ` ${o.value}` : ''}`,
      o.line + (o.required ? ` (required${o.unless ? `, or --${o.unless}` : ''})` : ''),
    ]);
    return `${name}: ${line}\n${table(rows)}`;
  });
  const methods = recipes.map((m) => [m.name, `${m.line}${m.calibrated ? ' Calibrated.' : ''}`]);
  return [
    'npm run --silent lab -- COMMAND OPTIONS',
    ...blocks,
    `Methods for --recipes:\n${table(methods)}`,
    'Exit code 0, or another with one line on standard error that says what is wrong. A recipe that cannot be measured is said and left out; it is an error when there is no other.',
  ].join('\n\n');
}

function table(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left = '']) => left.length));
  return rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
