/** Numbers as people read them: no more digits than they can carry. */
import type { Estimate } from '../log/events';
import type { ValueMeta } from '../measures/measure';
import { isBitcurveError, toErrorRecord } from '../util/errors';
import { number } from '../util/words';

export { listed, number } from '../util/words';

/** What an ln ratio means for the perplexity: 0.014 → "+1.4 %", 1.2 → "× 3.3". */
export function lossPercent(lnRatio: number): string {
  if (!Number.isFinite(lnRatio)) return number(lnRatio);
  if (lnRatio > Math.LN2) return `× ${number(Math.exp(lnRatio), 2)}`;
  const percent = Math.expm1(lnRatio) * 100;
  const size = Math.abs(percent);
  const text = size < 0.005 ? '0' : size.toFixed(size < 0.1 ? 2 : size < 10 ? 1 : 0);
  return `${text === '0' ? '±' : percent > 0 ? '+' : '−'}${text} %`;
}

/** A tick of an axis: no zeros at the end. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential().replace('-', '−');
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

/** The digits that an interval of this half-width can carry: two beyond its first would be noise. */
export function withInterval(value: number, low: number, high: number): string {
  const half = (high - low) / 2;
  if (!(half > 0) || !Number.isFinite(half)) return number(value);
  const decimals = Math.min(5, Math.max(0, 1 - Math.floor(Math.log10(half))));
  return Math.abs(value) >= 1e6 ? number(value, 3) : value.toFixed(decimals).replace('-', '−');
}

/** A value in a table: with the digits that its interval carries where it is compared with nothing, a share in percent. */
export function valueText({ as, against }: ValueMeta, { mean, low, high }: Estimate): string {
  if (as === 'share') return `${(mean * 100).toFixed(1)} %`;
  return against === 'nothing' ? withInterval(mean, low, high) : number(mean, 3);
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} bytes`;
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  }
  return `${count} bytes`;
}

/** Names that browsers give in lower case only. */
const spelled: Readonly<Record<string, string>> = { swiftshader: 'SwiftShader', llvmpipe: 'llvmpipe' };

/** The adapter's name; where the browser says no more than the vendor's, the architecture with it: "SwiftShader (google)". */
export function adapterName(card: {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
}): string {
  const { name, vendor, architecture } = card;
  return name === vendor && architecture ? `${spelled[architecture] ?? architecture} (${vendor})` : name;
}

/** 262144 → "262 k", 1.1e9 → "1.10 B". */
export function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} B`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return String(value);
}

/** 4.2 s, 95 s, 12 min, 3 h 20 min. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function groupName(group: number | null): string {
  return group === null ? 'row' : String(group);
}

/** "about 2 min": no more precise than an estimate is. */
export function about(seconds: number): string {
  if (seconds < 60) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `about ${minutes < 10 ? Math.round(minutes) : Math.round(minutes / 5) * 5} min`;
  const hours = minutes / 60;
  return hours < 48 ? `about ${Math.round(hours)} h` : `about ${Math.round(hours / 24)} days`;
}

/** How far a point without a value is; `running`: whether anything is done about it. */
export function progressWord(
  state: 'planned' | 'quantizing' | 'evaluating' | 'finished' | 'failed',
  running: boolean,
): string {
  if (state === 'failed') return 'failed';
  if (!running) return state === 'planned' ? 'not measured' : 'not finished';
  return state === 'planned' ? 'waiting' : `${state}…`;
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What an error says. One that is not ours is a defect, and says so. */
export function errorWords(error: unknown): string {
  const { name, message } = toErrorRecord(error);
  return isBitcurveError(error) ? message : `${name}: ${message} (this is a defect of Bitcurve)`;
}
