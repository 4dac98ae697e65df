/** Results as files for other programs: CSV, JSON and Markdown, one row per point. Pure. */
import { groupName, lossPercent, number, withInterval } from './format';
import { fullPrecision, type About, type PointView } from './runView';

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

/** The measured points as a Markdown table, as the page shows them, under a line that says of what. */
export function toMarkdown(
  points: readonly PointView[],
  about: Pick<About, 'model' | 'evaluation' | 'settings'> | null,
  label: (method: string) => string,
): string {
  const head = ['Method', 'Bits', 'Group', 'Bits/weight', 'MB', 'Perplexity', 'Loss', 'KLD', 'Top-1'];
  const lines = points
    .filter(({ perplexity }) => perplexity !== null)
    .map((point) => {
      const { perplexity, lnRatio, kld, top1, bitsPerWeight, megabytes } = point;
      const isReference = point.id === fullPrecision;
      return [
        isReference ? 'Full precision' : label(point.method),
        isReference ? '' : String(point.bits),
        isReference ? '' : groupName(point.group),
        bitsPerWeight === null ? '' : number(bitsPerWeight),
        megabytes === null ? '' : number(megabytes),
        perplexity ? withInterval(perplexity.mean, perplexity.low, perplexity.high) : '',
        lnRatio ? lossPercent(lnRatio.mean) : '',
        kld ? number(kld.mean, 3) : '',
        top1 ? `${(top1.mean * 100).toFixed(1)} %` : '',
      ];
    });
  // Names come from links and logs: a bar or a line end in one would break the table.
  const cell = (text: string) => text.replaceAll(/[\\|`<>*_[\]]/g, '\\$&').replaceAll(/\s+/g, ' ');
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const of = about
    ? `${cell(about.model.name)}, ${cell(about.evaluation)}, protocol ${about.settings.protocol}, context ${about.settings.context}\n\n`
    : '';
  return `${of}${row(head)}\n|${head.map((_, i) => (i === 0 ? ' --- ' : ' ---: ')).join('|')}|\n${lines.map(row).join('\n')}\n`;
}
