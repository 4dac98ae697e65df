/** Results as files for other programs: CSV and JSON, one row per point. Pure. */
import type { PointView } from './runView';

const columns = [
  'recipe',
  'bits',
  'group',
  'bitsPerWeight',
  'bitsPerWeightAll',
  'megabytes',
  'perplexity',
  'perplexityLow',
  'perplexityHigh',
  'lnRatio',
  'lnRatioLow',
  'lnRatioHigh',
  'kld',
  'kldLow',
  'kldHigh',
  'kld99',
  'top1',
  'bitsPerByte',
  'tokens',
  'seconds',
  'hash',
] as const;

type Row = Record<(typeof columns)[number], string | number | null>;

export function rows(points: readonly PointView[]): Row[] {
  return points
    .filter(({ perplexity }) => perplexity !== null)
    .map((point) => ({
      recipe: point.method,
      bits: point.bits,
      group: point.group,
      bitsPerWeight: point.bitsPerWeight,
      bitsPerWeightAll: point.bitsPerWeightAll,
      megabytes: point.megabytes,
      perplexity: point.perplexity?.mean ?? null,
      perplexityLow: point.perplexity?.low ?? null,
      perplexityHigh: point.perplexity?.high ?? null,
      lnRatio: point.lnRatio?.mean ?? null,
      lnRatioLow: point.lnRatio?.low ?? null,
      lnRatioHigh: point.lnRatio?.high ?? null,
      kld: point.kld?.mean ?? null,
      kldLow: point.kld?.low ?? null,
      kldHigh: point.kld?.high ?? null,
      kld99: point.kld99,
      top1: point.top1?.mean ?? null,
      bitsPerByte: point.bitsPerByte,
      tokens: point.tokens,
      seconds: point.seconds,
      hash: point.hash,
    }));
}

export function toCsv(points: readonly PointView[]): string {
  // Names come from links and logs: quoted, and a leading sign of a formula is disarmed for spreadsheets.
  const cell = (value: string | number | null) =>
    typeof value === 'string' ? `"${value.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"` : String(value ?? '');
  return (
    [columns.join(','), ...rows(points).map((row) => columns.map((c) => cell(row[c])).join(','))].join('\n') + '\n'
  );
}

export function toJson(points: readonly PointView[]): string {
  return JSON.stringify(rows(points), null, 2) + '\n';
}
