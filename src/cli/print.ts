/** Results for people: plain text, one line a point. */
import type { PointResult, RunEvent, RunSettings } from '../log/events';
import { doubtLine } from '../log/verdict/doubt';
import type { Answer } from '../log/verdict/sentence';
import type { ModelCard } from '../model/card';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** So many significant digits, without an exponent where there are more digits than that: 140, not 1.4e+2. */
function significant(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes('e+') ? String(Number(text)) : text;
}

export function describeCard(card: ModelCard): string {
  const rows: readonly (readonly [string, string])[] = [
    ['architecture', card.architecture],
    [
      'parameters',
      `${card.parameters.toLocaleString('en')} (${card.linearParameters.toLocaleString('en')} in linear layers)`,
    ],
    ['stored as', `${card.dtypes.join(', ')}, ${megabytes(card.bytes)}`],
    ['layers', String(card.layers)],
    ['width', `${card.hidden}, ${card.heads} heads, ${card.keyValueHeads} of keys and values`],
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

/** ln (perplexity / full precision) ± half its 95 % interval, which is paired and so far narrower than that of the perplexity. */
export function lossOf({ lnRatio, lnRatioLow, lnRatioHigh }: PointResult): string {
  if (lnRatio === null) return '-';
  const half = lnRatioLow === null || lnRatioHigh === null ? '' : ` ±${((lnRatioHigh - lnRatioLow) / 2).toFixed(3)}`;
  return `${lnRatio.toFixed(3)}${half}`;
}

/** Perplexity with four digits: what two points differ by is told more finely by ln ratio and KLD. */
const columns: readonly (readonly [string, number, (r: PointResult) => string])[] = [
  ['recipe', 20, (r) => r.recipe],
  ['bits', 5, (r) => (r.bits ? String(r.bits) : '')],
  ['bits/weight', 12, (r) => r.bitsPerWeight.toFixed(3)],
  ['all', 8, (r) => r.bitsPerWeightAll.toFixed(3)],
  ['MB', 10, (r) => r.megabytes.toFixed(2)],
  ['perplexity', 12, (r) => significant(r.perplexity, 4)],
  ['± 95 %', 10, (r) => significant((r.perplexityHigh - r.perplexityLow) / 2, 2)],
  ['ln ratio', 16, lossOf],
  ['KLD', 10, (r) => r.kld?.toPrecision(3) ?? ''],
  ['top-1', 8, (r) => (r.top1 === null ? '' : `${(100 * r.top1).toFixed(1)} %`)],
  ['seconds', 8, (r) => r.seconds.toFixed(1)],
];

const row = (cells: readonly string[]) =>
  cells.map((cell, i) => (i ? cell.padStart(columns[i]?.[1] ?? 0) : cell.padEnd(columns[i]?.[1] ?? 0))).join(' ');

/** A line where fewer tokens were asked for than one window has. */
const leastWindow = ({ context, maxTokens }: RunSettings): string =>
  maxTokens !== null && maxTokens < context
    ? `\n--max-tokens ${maxTokens}: one window of ${context} is the least that is evaluated`
    : '';

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
        `${leastWindow(event.settings)}\n${row(columns.map(([name]) => name))}`
      );
    case 'point-finished':
      return row(columns.map(([, , cell]) => cell(event.result)));
    case 'point-failed':
      return `${event.point} could not be measured: ${event.error.message.replaceAll(/\s*\n\s*/g, ' ')}`;
    case 'remarked':
      return event.text;
    case 'run-resumed':
      return `${event.pointsKept ? `${event.pointsKept} points and ` : ''}${event.layersKept} layers were kept from an earlier run`;
    case 'damping-raised':
      return `${event.point}, block ${event.block}, ${event.site}: damping raised from ${event.from} to ${event.to}`;
    case 'fallback-used':
      return `${event.point}, block ${event.block}, ${event.site}: ${event.used} instead of ${event.wanted}, because ${event.reason}`;
    case 'rotation-verified':
      return `the rotated model (${event.basis}) is the model itself: mean KLD ${event.kld.toExponential(1)} over ${event.tokens} tokens`;
    case 'calibration-redrawn':
      return `${event.point}, calibrated on part ${event.draw + 1} of the text: ln ratio ${event.lnRatio.toFixed(3)}`;
    case 'text-doubted':
      return `note: ${doubtLine(event)}`;
    case 'layer-quantized':
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
