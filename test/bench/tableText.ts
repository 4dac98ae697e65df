/**
 * The generated tables, as Markdown: for each subject the best method against GPTQ and AWQ, and every method at every width and
 * grouping. What a method does not have is a dash; what loses is there too. Each table lies between two marks of its page.
 */
import type { Estimate, PointResult } from '../../src/log/events';
import { compare } from '../../src/log/statistics';
import { recipes } from '../../src/quant/recipe/recipes';
import type { MethodMeta } from '../../src/quant/recipe/recipe';
import { meanOf } from '../meanOf';

export const widths = [4, 3, 2] as const;
export const groupings = [null, 32, 64] as const;

/** One measured point: its result and the mean loss of every window. */
export interface Measured {
  readonly result: PointResult;
  readonly losses: readonly number[];
}
/** The points of one subject, by id. */
export type Points = (id: string) => Measured | undefined;

export const idOf = ({ name }: MethodMeta, bits: number, group: number | null) => `${name} ${bits} ${group ?? 'row'}`;

/** `page` with `content` in place of what lies between the marks of the table `name`. */
export function between(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: npm run table -->`, `<!-- end of ${name} -->`];
  const [head, ...after] = page.split(begin);
  const [, ...tail] = (after[0] ?? '').split(end);
  if (after.length !== 1 || tail.length !== 1) throw new Error(`the page has not once each of "${begin}" and "${end}"`);
  return `${head}${begin}\n\n${content}\n\n${end}${tail[0]}`;
}

const digits = (value: number) => (value < 10 ? value.toFixed(3) : value < 1000 ? value.toFixed(1) : value.toFixed(0));

function cell(result: PointResult | undefined): string[] {
  if (!result) return ['–', '–', '–'];
  const { size, values } = result;
  const { perplexity, kld } = values;
  const spread = ({ low, high }: Estimate) => (high - low) / 2;
  return [
    size.bitsPerWeight.toFixed(2),
    perplexity ? `${digits(perplexity.mean)} ± ${digits(spread(perplexity))}` : '–',
    kld ? `${kld.mean.toFixed(4)} ± ${spread(kld).toFixed(4)}` : '–',
  ];
}

/** Every method of one subject, a closed table for each width. */
export function everyMethod(subject: string, of: Points): string {
  const lines: string[] = [];
  for (const bits of widths) {
    const full = cell(of('full-precision')?.result)[1];
    lines.push(`<details><summary>${subject}, ${bits} bits, every method (full precision ${full})</summary>`, '');
    const heads = groupings.map(nameOf);
    lines.push(`| | ${heads.map((h) => `${h}: bits/weight | ppl | KLD`).join(' | ')} |`);
    lines.push(`| --- |${' ---: |'.repeat(3 * heads.length)}`);
    for (const method of recipes) {
      if (method.widths && !method.widths.includes(bits)) continue;
      const cells = groupings.flatMap((group) => cell(of(idOf(method, bits, group))?.result));
      lines.push(`| ${method.label} | ${cells.join(' | ')} |`);
    }
    lines.push('', '</details>', '');
  }
  return lines.join('\n').trim();
}

const nameOf = (group: number | null) => (group === null ? 'row' : `g${group}`);

/** Bits per weight that a method may need beyond GPTQ's and still count as equal: the parameters of a transform, nothing that stores weights. */
const equalBits = 0.05;

/** ln(perplexity of `a` ÷ of `b`) on the given losses, with its interval; bold where `a` is lower beyond it. */
function difference(a: readonly number[], b: readonly number[]): string {
  const found = compare(a, b);
  if (!found) return '–';
  const text = `${found.mean < 0 ? '−' : '+'}${Math.abs(found.mean).toFixed(3)} ± ${((found.high - found.low) / 2).toFixed(3)}`;
  return found.high < 0 ? `**${text}**` : text;
}

const mean = (losses: readonly number[]) => losses.reduce((a, b) => a + b, 0) / losses.length;
const chosenOn = ({ losses }: Measured) => losses.filter((_, i) => i % 2 === 0);
const comparedOn = ({ losses }: Measured) => losses.filter((_, i) => i % 2 === 1);

/**
 * Per width and grouping: RTN, AWQ, GPTQ, and the best method that needs no more bits than GPTQ. It is chosen on every other window and
 * compared, window by window, on those between: the best of many on the windows that chose it would be flattered.
 */
function bestRow(of: Points, bits: number, group: number | null): string | null {
  const point = (name: string) => of(`${name} ${bits} ${group ?? 'row'}`);
  const [rtn, awq, gptq] = [point('rtn'), point('awq'), point('gptq')];
  if (!rtn || !awq || !gptq) return null;
  const limit = gptq.result.size.bitsPerWeight + equalBits;
  const best = recipes
    .flatMap((method) => {
      const found = of(idOf(method, bits, method.groups === 'own' ? null : group));
      return found && found.result.size.bitsPerWeight <= limit ? [{ method, found }] : [];
    })
    .reduce((a, b) => (mean(chosenOn(b.found)) < mean(chosenOn(a.found)) ? b : a));
  const numbers = [rtn, awq, gptq].map(({ result }) => digits(meanOf(result)));
  const [toGptq, toAwq] = [gptq, awq].map((other) => difference(comparedOn(best.found), comparedOn(other)));
  return `${numbers.join(' | ')} | ${best.method.label} | ${digits(meanOf(best.found.result))} | ${toGptq} | ${toAwq} |`;
}

const bestHead = (first: string) => [
  `| ${first} | RTN | AWQ | GPTQ | best at GPTQ’s bits | ppl | ln ratio to GPTQ | ln ratio to AWQ |`,
  '| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |',
];

/** A table of one subject: a row for each width and grouping. */
export function bestTable(subject: string, of: Points): string {
  const rows = widths.flatMap((bits) =>
    groupings.flatMap((group) => {
      const row = bestRow(of, bits, group);
      return row ? [`| ${bits} bits, ${nameOf(group)} | ${row}`] : [];
    }),
  );
  return [...bestHead(subject), ...rows].join('\n');
}

/** The README's rows: every subject and width, in groups of 64. */
export function shortTable(subjects: readonly { readonly name: string; readonly of: Points }[]): string {
  const rows = subjects.flatMap(({ name, of }) =>
    widths.flatMap((bits) => {
      const row = bestRow(of, bits, 64);
      return row ? [`| ${name}, ${bits} bits | ${row}`] : [];
    }),
  );
  return [...bestHead('groups of 64'), ...rows].join('\n');
}
