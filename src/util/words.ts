/** Numbers, lists and quotations as sentences have them: no more digits than they can carry. Page and command line both write with these. */

/** About `digits` significant digits, without exponents for everyday sizes. */
export function number(value: number, digits = 4): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : Number.isNaN(value) ? 'not a number' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(Math.min(2, digits - 1)).replace('-', '−');
  const text = size >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits);
  return text.replace('-', '−');
}

/** "8, 6 and 5". */
export function listed(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Characters of a stranger's text that a message repeats. */
const mostQuoted = 60;

/** As much of a text from outside as a message can carry: enough to know it again. */
export const shortened = (text: string): string => (text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text);

/** The same in quotation marks. */
export const quoted = (text: string): string => `"${shortened(text)}"`;

/** 1024 → "1,024". */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en');

/** 128, 2316 → "2.3 k", 12345678 → "12 M". */
export function magnitude(count: number): string {
  const [unit, size] = count < 1e3 ? ['', 1] : count < 1e6 ? [' k', 1e3] : count < 1e9 ? [' M', 1e6] : [' G', 1e9];
  return `${number(count / size, 2)}${unit}`;
}

/** What runs beside layers: 2316 → "2.3 k operations a token". */
export const operationsWords = (count: number): string => `${magnitude(count)} operations a token`;

/** "1 matrix", "1,024 matrices". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** Above this a percentage is read as a multiple. */
const mostPercent = 400;

/** What a ln ratio of perplexities means: 0.0139 → "+1.4 %", 0.24 → "+27 %", 1.6 → "×5.0". */
export function change(lnRatio: number): string {
  const percent = 100 * Math.expm1(lnRatio);
  if (percent > mostPercent) return `×${number(Math.exp(lnRatio), 2)}`;
  const text = percentDigits(Math.abs(percent));
  return `${percent < 0 && Number(text) !== 0 ? '−' : '+'}${text} %`;
}

/** One decimal below ten. */
export const percentDigits = (percent: number): string => percent.toFixed(percent < 9.95 ? 1 : 0);
