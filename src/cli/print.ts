/** Results for people: plain text, one line a point. */
import type { ByBlock, PointResult, RunEvent, RunSettings } from '../log/events';
import { calibratedOn } from '../log/calibratedOn';
import { expertBlocks } from '../log/experts';
import { doubtLine } from '../log/verdict/doubt';
import { structureFacts } from '../log/structureFacts';
import { verifiedLine } from '../log/verified';
import type { Answer } from '../log/verdict/sentence';
import { exceptionsOf } from '../quant/recipe/recipes';
import { findValue, valueMetas } from '../measures/catalog';
import type { ValueMeta } from '../measures/measure';
import type { CheckpointCard, ModelCard, TensorsCard } from '../model/card';
import { siteWords } from '../model/siteId';
import { counted } from '../util/words';
import { operationsWords } from '../util/words';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** So many significant digits, without an exponent where there are more digits than that: 140, not 1.4e+2. */
function significant(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes('e+') ? String(Number(text)) : text;
}

/** Of models that have some. */
const headsOf = ({ heads, keyValueHeads }: ModelCard) =>
  heads === 0 ? '' : `, ${heads} heads, ${keyValueHeads} of keys and values`;

type Facts = readonly (readonly [string, string])[];

export function describeCard(card: CheckpointCard): string {
  return card.kind === 'tensors' ? describeTensors(card) : describeModel(card);
}

function describeModel(card: ModelCard): string {
  const rows: Facts = [
    ['architecture', card.architecture],
    [
      'parameters',
      `${card.parameters.toLocaleString('en')} (${card.linearParameters.toLocaleString('en')} in linear layers)`,
    ],
    ['stored as', `${card.dtypes.join(', ')}, ${megabytes(card.bytes)}`],
    ['layers', String(card.layers)],
    ['width', `${card.hidden}${headsOf(card)}`],
    ...structureFacts(card, (value) => value.toLocaleString('en')).map(
      ([name, text]) => [name.toLowerCase(), text] as const,
    ),
    ['vocabulary', `${card.vocabulary}${card.tiedEmbeddings ? ', embedding and head tied' : ''}`],
    ['context', String(card.maxContext)],
    ['verdict', `${card.verdict.kind}: ${card.verdict.reason}`],
    ['fingerprint', card.fingerprint],
    ...(card.notes ?? []).map((note) => ['note', note] as const),
    ...(card.remarks ?? []).map((remark) => ['remark', remark] as const),
  ];
  const parts = card.blocks.map(
    ({ name, parameters, bytes }) =>
      `  ${name.padEnd(14)} ${parameters.toLocaleString('en').padStart(14)} parameters  ${megabytes(bytes).padStart(13)}`,
  );
  return [card.name, ...rows.map(([label, value]) => `  ${label.padEnd(14)} ${value}`), ...parts].join('\n');
}

/** What cannot be done stands first, and last what can. */
function describeTensors(card: TensorsCard): string {
  const { matrices, parts, undecoded } = card;
  const rows: Facts = [
    ['architecture', card.architecture ?? 'none is named'],
    ['cannot run', `${card.missing} Perplexity cannot be measured.`],
    ['parameters', `${card.parameters.toLocaleString('en')} in ${counted(card.tensors, 'tensor')}`],
    ['stored as', `${card.dtypes.join(', ')}, ${megabytes(card.bytes)}`],
    ...undecoded.map(({ type, tensors }) => ['not decoded', `${counted(tensors, 'tensor')} of ${type}`] as const),
    ['fingerprint', card.fingerprint],
    ...(card.notes ?? []).map((note) => ['note', note] as const),
    [
      'can be done',
      matrices.tensors === 0
        ? 'nothing: there is no matrix of at least 32 × 32'
        : `the rounding errors of ${counted(matrices.tensors, 'matrix', 'matrices')} (${matrices.parameters.toLocaleString('en')} parameters), which need no forward pass: add --errors`,
    ],
  ];
  const width = Math.max(14, ...parts.map(({ name }) => name.length));
  return [
    card.name,
    ...rows.map(([label, value]) => `  ${label.padEnd(14)} ${value}`),
    ...parts.map(
      ({ name, tensors, parameters, bytes }) =>
        `  ${name.padEnd(width)} ${counted(tensors, 'tensor').padStart(13)} ${parameters.toLocaleString('en').padStart(14)} parameters  ${megabytes(bytes).padStart(13)}`,
    ),
  ].join('\n');
}

/** ln (perplexity / full precision) ± half its 95 % interval, which is paired and so far narrower than that of the perplexity. */
export function lossOf({ values }: PointResult): string {
  const { lnRatio } = values;
  if (!lnRatio) return '-';
  const half = (lnRatio.high - lnRatio.low) / 2;
  return `${lnRatio.mean.toFixed(3)}${Number.isNaN(half) ? '' : ` ±${half.toFixed(3)}`}`;
}

type Column = readonly [string, number, (r: PointResult) => string];

/** Columns of a value: its mean, as wide as its label. The ln ratio carries its interval: it is what methods are told apart by. */
function columnsOf({ name, label, as }: ValueMeta): Column[] {
  const mean = (r: PointResult) => r.values[name]?.mean;
  if (name === 'lnRatio') return [[label, 16, lossOf]];
  if (as === 'share') {
    const text = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(1)} %`);
    return [[label.toLowerCase(), 8, (r) => text(mean(r))]];
  }
  if (name !== 'perplexity') return [[label, Math.max(10, label.length + 1), (r) => mean(r)?.toPrecision(3) ?? '']];
  // Four digits: what two points differ by is told more finely by ln ratio and KLD.
  const perplexity = ({ values }: PointResult) => values['perplexity'];
  return [
    [label.toLowerCase(), 12, (r) => significant(perplexity(r)?.mean ?? NaN, 4)],
    ['± 95 %', 10, (r) => significant(((perplexity(r)?.high ?? NaN) - (perplexity(r)?.low ?? NaN)) / 2, 2)],
  ];
}

const columns: readonly Column[] = [
  ['recipe', 20, (r) => r.method],
  ['bits', 5, (r) => (r.bits ? String(r.bits) : '')],
  ['bits/weight', 12, (r) => r.size.bitsPerWeight.toFixed(3)],
  ['all', 8, (r) => r.size.bitsPerWeightAll.toFixed(3)],
  ['MB', 10, (r) => r.size.megabytes.toFixed(2)],
  ...valueMetas.filter(({ shown }) => shown === 'table').flatMap(columnsOf),
  ['seconds', 8, (r) => r.seconds.toFixed(1)],
];

/** Behind all others, for they are not always there. */
const ofPictures = valueMetas.filter(({ shown }) => shown === 'pictures').flatMap(columnsOf);

const row = (cells: readonly string[]) =>
  cells
    .map((cell, i) => {
      const [, width = 0] = [...columns, ...ofPictures][i] ?? [];
      return i ? cell.padStart(width) : cell.padEnd(width);
    })
    .join(' ');

const columnsFor = ({ protocol }: RunSettings) =>
  protocol === 'pictures' || protocol === 'other-pictures' ? [...columns, ...ofPictures] : columns;

/** What only some points have, behind the row: what runs beside the layers, and how often tokens go to other experts. */
function besides({ size: { operations }, values }: PointResult): string {
  const ofExperts = valueMetas.flatMap((meta) => {
    const value = meta.shown === 'experts' ? values[meta.name] : undefined;
    return value ? [`  ${meta.label.toLowerCase()} ${(100 * value.mean).toFixed(1)} %`] : [];
  });
  return (operations === undefined ? '' : `  + ${operationsWords(operations)}`) + ofExperts.join('');
}

/** A line of what is told block by block. */
function byBlockLines(byBlock: ByBlock = {}): string {
  const lines = Object.entries(byBlock).map(([name, values]) => {
    const shares = values.map(({ block, mean }) => `${block}: ${(100 * mean).toFixed(1)} %`);
    return `\n  ${(findValue(name)?.label ?? name).toLowerCase()} by block  ${shares.join('  ')}`;
  });
  return lines.join('');
}

/**
 * What calibration knows of experts, a line a block, for the last point whose method looked at what they read; null where there are none.
 * Points that share a calibration have the same tokens.
 */
export function describeExperts(log: readonly RunEvent[]): string | null {
  const layers = log.flatMap((event) => (event.type === 'site-quantized' ? [event] : []));
  const calibrated = log.flatMap((event) => (event.type === 'site-calibrated' ? [event] : []));
  const looked = layers.findLast(({ insight }) => insight?.moment);
  if (!looked) return null;
  const lines = expertBlocks(looked.point, { calibrated, layers, rerouted: [] }).map(({ block, tokens, ranks }) => {
    const reached = tokens.length ? `${Math.min(...tokens)} to ${Math.max(...tokens)} calibration tokens each` : '';
    const filled =
      ranks && `${ranks.least.toFixed(0)} to ${ranks.most.toFixed(0)} of ${ranks.inputs} directions filled`;
    return `experts of block ${block}: ${[reached, filled].filter(Boolean).join(', ')}`;
  });
  return lines.length ? ['', ...lines].join('\n') : null;
}

/** A line where fewer tokens were asked for than one window has. */
const leastWindow = ({ context, maxTokens }: RunSettings): string =>
  maxTokens !== null && maxTokens < context
    ? `\n--max-tokens ${maxTokens}: one window of ${context} is the least that is evaluated`
    : '';

/** A line where pictures have a part in the calibration. */
function calibratedWords(started: Extract<RunEvent, { type: 'run-started' }>): string {
  return started.calibrationPictures ? `\ncalibrated on ${calibratedOn(started)?.label}` : '';
}

/** A line where some sites are not as the others. */
function apart({ points }: RunSettings): string {
  const except = exceptionsOf(points);
  return except === null ? '' : `\napart from the others: ${except}`;
}

/** The answer and what stands against it, below the table; nothing where no point was measured. */
export function describeAnswer({ take, comparison, warnings }: Answer): string | null {
  if (take === null) return null;
  return ['', take, ...(comparison === null ? [] : [comparison]), ...warnings.map((w) => `Note: ${w}`)].join('\n');
}

/** The line that an event is worth, or null. */
export function describeEvent(event: RunEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return (
        `${event.model.name} on ${event.adapter.name}; ${event.evaluation.label}, ${event.settings.protocol} windows of ${event.settings.context}` +
        `${leastWindow(event.settings)}${calibratedWords(event)}${apart(event.settings)}\n${row(columnsFor(event.settings).map(([name]) => name))}`
      );
    case 'point-finished':
      return (
        row([...columns, ...ofPictures].map(([, , cell]) => cell(event.result))).trimEnd() +
        besides(event.result) +
        byBlockLines(event.byBlock)
      );
    case 'point-failed':
      return `${event.point} could not be measured: ${event.error.message.replaceAll(/\s*\n\s*/g, ' ')}`;
    case 'remarked':
      return event.text;
    case 'run-resumed':
      return `${event.pointsKept ? `${event.pointsKept} points and ` : ''}${event.sitesKept} layers were kept from an earlier run`;
    case 'damping-raised':
      return `${event.point}, ${siteWords(event.site)}: damping raised from ${event.from} to ${event.to}`;
    case 'fallback-used':
      return `${event.point}, ${siteWords(event.site)}: ${event.used} instead of ${event.wanted}, because ${event.reason}`;
    case 'rotation-verified':
    case 'scales-verified':
      return `✓ ${verifiedLine(event)}`;
    case 'calibration-redrawn':
      return `${event.point}, calibrated on part ${event.draw + 1} of the text: ln ratio ${event.lnRatio.toFixed(3)}`;
    case 'text-doubted':
      return `note: ${doubtLine(event)}`;
    case 'site-quantized':
    case 'point-started':
    case 'progressed':
    case 'run-failed':
    case 'run-finished':
    case 'run-stopped':
    case 'site-calibrated':
    case 'window-evaluated':
      return null;
  }
}
