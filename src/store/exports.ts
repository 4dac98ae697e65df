/** Results as files for other programs: CSV, JSON and Markdown, one row per point. Pure. */
import type { Estimate } from '../log/events';
import { namesIn } from '../measures/catalog';
import type { ValueMeta } from '../measures/measure';
import { grouped } from '../util/words';
import { columnsOf } from './columns';
import { groupName, lossPercent, number, valueText } from './format';
import { fullPrecision, isMeasured, type About, type PointView } from './runView';

type Row = Readonly<Record<string, string | number | null>>;

/** Every value that some point has, with its interval where some point has one. */
export function rows(points: readonly PointView[]): Row[] {
  const measured = points.filter(isMeasured);
  const names = namesIn(measured);
  const running = measured.some(costsOperations);
  const withEnds = new Set(names.filter((name) => measured.some(({ values }) => hasInterval(values[name]))));
  return measured.map(({ method, bits, group, size, values, tokens, seconds, hash }) => ({
    recipe: method,
    bits,
    group,
    bitsPerWeight: size?.bitsPerWeight ?? null,
    bitsPerWeightAll: size?.bitsPerWeightAll ?? null,
    megabytes: size?.megabytes ?? null,
    ...(running && { operations: size?.operations ?? 0 }),
    ...Object.fromEntries(
      names.flatMap((name) => {
        const { mean, low, high } = values[name] ?? {};
        const ends = [
          [`${name}Low`, finite(low)],
          [`${name}High`, finite(high)],
        ] as const;
        return [[name, finite(mean)] as const, ...(withEnds.has(name) ? ends : [])];
      }),
    ),
    tokens,
    seconds,
    hash,
  }));
}

/** Whether something of the point runs beside its layers. */
const costsOperations = ({ size }: PointView) => size?.operations !== undefined;

/** A value without an interval has its ends at its mean. */
const hasInterval = (value: Estimate | undefined) => value !== undefined && value.low < value.high;
const finite = (value: number | undefined) => (Number.isFinite(value) ? (value as number) : null);

export function toCsv(points: readonly PointView[]): string {
  const lines = rows(points);
  const columns = Object.keys(lines[0] ?? {});
  // Names come from links and logs: quoted, and a leading sign of a formula is disarmed for spreadsheets.
  const cell = (value: string | number | null | undefined) =>
    typeof value === 'string' ? `"${value.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"` : String(value ?? '');
  return [columns.join(','), ...lines.map((row) => columns.map((c) => cell(row[c])).join(','))].join('\n') + '\n';
}

export function toJson(points: readonly PointView[]): string {
  return JSON.stringify(rows(points), null, 2) + '\n';
}

/** What an ln ratio means for the perplexity says more to people than its number. */
const isLoss = ({ name }: ValueMeta) => name === 'lnRatio';
const headOf = (meta: ValueMeta) => (isLoss(meta) ? 'Loss' : meta.label);

function cellOf(meta: ValueMeta, value: Estimate | undefined): string {
  if (!value) return '';
  if (isLoss(meta)) return lossPercent(value.mean);
  return valueText(meta, value);
}

/** The measured points as a Markdown table, as the page shows them, under a line that says of what. */
export function toMarkdown(
  points: readonly PointView[],
  about: Pick<About, 'model' | 'evaluation' | 'settings'> | null,
  label: (method: string) => string,
): string {
  const measured = points.filter(isMeasured);
  const running = measured.some(costsOperations);
  const shown = columnsOf(measured);
  const columns = ['Method', 'Bits', 'Group', 'Bits/weight', 'MB', ...(running ? ['Operations a token'] : [])];
  const head = [...columns, ...shown.map(headOf)];
  const lines = measured.map((point) => {
    const { size } = point;
    const isReference = point.id === fullPrecision;
    return [
      isReference ? 'Full precision' : label(point.method),
      isReference ? '' : String(point.bits),
      isReference ? '' : groupName(point.group),
      size === null ? '' : number(size.bitsPerWeight),
      size === null ? '' : number(size.megabytes),
      ...(running ? [size?.operations === undefined ? '' : grouped(size.operations)] : []),
      ...shown.map((meta) => cellOf(meta, point.values[meta.name])),
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
