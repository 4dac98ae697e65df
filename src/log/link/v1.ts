/**
 * Layout 1 of a permalink: `[checksum, body]` as JSON. Columns of scaled integers instead of rows of named numbers, and a recipe
 * once per method instead of once per point: 40 points fit 2 000 characters. Frozen: links made with it must open for ever
 * (test/log/fixtures). The intervals of a point are symmetric about its mean (of ln perplexity), so half a width tells both ends.
 */
import type { Piece, Recipe } from '../../quant/recipe/recipe';
import { isTooDeep } from '../../util/json';
import { hash32 } from '../../util/rng';
import type { PlannedPoint, PointResult } from '../events';
import type { Doubt, SharedName, SharedRun } from './sharedRun';
import { damaged } from './bytes';
import { Fields, type Json } from './fields';
import {
  maxApp,
  maxBits,
  maxDoubts,
  maxGroup,
  maxId,
  maxInputs,
  maxMethod,
  maxName,
  maxOptionName,
  maxParameters,
  maxPieces,
  maxPoints,
  maxSetting,
  noLink,
} from './limits';

const protocols = ['gptq', 'llama.cpp'] as const;
const modes = ['shared', 'sequential'] as const;
const doubtKinds = ['overlap', 'foreign'] as const;
/**
 * How a column is stored. linear: round(value × scale). log: round(ln(value) × scale), the same relative precision at any size: for
 * what spans decades, and for widths of intervals, of which two digits count.
 */
const columns = {
  lnPerplexity: ['linear', 1e5],
  lnPerplexityHalf: ['log', 50],
  lnRatioHalf: ['log', 50],
  kld: ['log', 1e4],
  /** Half the interval over the value. */
  kldHalf: ['log', 50],
  kld99: ['log', 1e3],
  top1: ['linear', 1e5],
  top1Half: ['log', 50],
  /** Bits per byte over ln perplexity, which is one number for a text. */
  bitsPerByte: ['linear', 1e6],
  bitsPerWeight: ['linear', 1e5],
  bitsPerWeightAll: ['linear', 1e5],
  /** Megabytes over bits per weight and million weights, 1/8 where both count all weights. */
  megabytes: ['linear', 1e5],
  tokens: ['linear', 1],
  seconds: ['log', 20],
} as const satisfies Record<string, readonly ['linear' | 'log', number]>;
type Column = keyof typeof columns;
/** Digits kept of a hash: enough to tell two results apart. */
const hashDigits = 6;
/** Logs end here: what is smaller is zero. */
const smallest = 1e-12;
/** An interval that is not finite, or not known, ends here: ln of a perplexity beyond any chart, small enough to be read back finite. */
const farthest = 600;
/** Half an interval over its value, at most. */
const widest = 1e6;
/** Least entry of a column, and digits of its range: the integers that survive JSON. */
const maxLeast = 1e12;
const maxDigits = 15;
const columnNames = Object.keys(columns) as Column[];

export function writeV1(share: SharedRun): string {
  const { settings, results } = share;
  const planned = settings.points;
  const families: string[] = [];
  const methods: string[] = [];
  const indexIn = (list: string[], text: string) => {
    if (!list.includes(text)) list.push(text);
    return list.indexOf(text);
  };
  const points = {
    m: planned.map((p) => indexIn(methods, p.method)),
    f: planned.map((p) => (p.recipe ? indexIn(families, JSON.stringify(familyOf(p, p.recipe))) : -1)),
    b: planned.map((p) => p.bits),
    g: planned.map((p) => p.group ?? 0),
  };
  const ids = planned.some((p) => p.id !== usualId(p)) ? planned.map((p) => p.id) : 0;
  const places = results.map((r) => planned.findIndex((p) => p.id === r.id));
  const stray = places.indexOf(-1);
  if (stray >= 0) throw noLink(`its point ${results[stray]?.id.slice(0, 40)} is none of the planned ones`);
  const body = {
    a: share.app,
    d: share.adapter,
    n: [share.model.label, share.model.fingerprint, share.model.architecture, share.model.parameters],
    ...(share.model.widestInputs ? { w: share.model.widestInputs } : {}),
    ...(share.doubts
      ? { u: share.doubts.map(({ doubt, share: part }) => [doubtKinds.indexOf(doubt), Math.round(1000 * part)]) }
      : {}),
    e: nameOf(share.evaluation),
    c: share.calibration && nameOf(share.calibration),
    s: [
      protocols.indexOf(settings.protocol),
      settings.context,
      settings.maxTokens ?? 0,
      settings.calibrationTokens,
      modes.indexOf(settings.mode),
      settings.seed,
    ],
    r: families.map((text) => JSON.parse(text) as Json),
    m: methods,
    p: { ...Object.fromEntries(Object.entries(points).map(([k, v]) => [k, packed(v)])), i: ids },
    // 0: every planned point, in order.
    k: results.length === planned.length && results.every((r, i) => r.id === planned[i]?.id) ? 0 : places,
    q: columnNames.map((name) =>
      digitsOf(
        name,
        results.map((r) => stored(name, valueOf(name, r, share.model.parameters))),
      ),
    ),
    z: referenceAmong(places.map((at) => planned[at])),
    h: results.map((r) => r.hash.slice(0, hashDigits).padEnd(hashDigits, '0')).join(''),
  };
  const text = JSON.stringify(body);
  return `[${hash32(text)},${text}]`;
}

/** Place of the result that the others are compared with; −1 where it is not there. */
const referenceAmong = (points: readonly (PlannedPoint | undefined)[]) => points.findIndex((p) => p?.recipe === null);
const nameOf = ({ label, fingerprint }: SharedName) => [label, fingerprint];
const usualId = (p: Pick<PlannedPoint, 'method' | 'bits' | 'recipe'>) =>
  p.recipe ? `${p.method}-${p.bits}` : p.method;

/** A column that says the same everywhere is that one value. */
const packed = <T>(column: readonly T[]) =>
  column.length && column.every((v) => v === column[0]) ? (column[0] as T) : column;

function valueOf(name: Column, r: PointResult, parameters: number): number | null {
  const half = (low: number | null, high: number | null, mean: number | null, most: number) => {
    if (mean === null || !Number.isFinite(mean) || low === null || high === null) return null;
    // One end may be cut at the edge of what is possible; the other then tells the width.
    const width = Math.max(high - mean, mean - low);
    return width <= most ? width : most;
  };
  switch (name) {
    case 'lnPerplexity':
      return Math.log(r.perplexity);
    case 'lnPerplexityHalf': {
      const ln = Math.log(r.perplexity);
      return half(2 * ln - Math.log(r.perplexityHigh), Math.log(r.perplexityHigh), ln, Math.max(0, farthest - ln));
    }
    case 'lnRatioHalf':
      return half(r.lnRatioLow, r.lnRatioHigh, r.lnRatio, farthest);
    case 'kldHalf':
      return r.kld ? (half(r.kldLow, r.kldHigh, r.kld, widest * Math.abs(r.kld)) ?? 0) / r.kld : r.kld;
    case 'top1Half':
      return half(r.top1Low, r.top1High, r.top1, 1);
    case 'bitsPerByte':
      return r.bitsPerByte / Math.log(r.perplexity);
    case 'megabytes':
      return r.megabytes / ((r.bitsPerWeightAll * parameters) / 1e6);
    case 'kld':
    case 'kld99':
    case 'top1':
    case 'bitsPerWeight':
    case 'bitsPerWeightAll':
    case 'tokens':
    case 'seconds':
      return r[name];
  }
}

/** What is not finite has no place in a column: it was not measured. */
function stored(name: Column, value: number | null): number | null {
  const [kind, scale] = columns[name];
  if (value === null || !Number.isFinite(value)) return null;
  return Math.round((kind === 'linear' ? value : Math.log(Math.max(smallest, value))) * scale);
}

function restored(name: Column, value: number | null): number | null {
  const [kind, scale] = columns[name];
  if (value === null) return null;
  if (kind === 'linear') return value / scale;
  return value <= Math.round(Math.log(smallest) * scale) ? 0 : Math.exp(value / scale);
}

/**
 * A column of integers as text: `[least, digits]`, every value less `least` plus one in decimal, all of one length, 0 for none. No
 * commas and no signs: deflate then needs little more than the entropy of the digits.
 */
function digitsOf(name: Column, values: readonly (number | null)[]): Json {
  const there = values.filter((v) => v !== null);
  const least = there.length ? Math.min(...there) : 0;
  const range = there.length ? Math.max(...there) - least + 1 : 0;
  const width = String(range).length;
  if (Math.abs(least) > maxLeast || range >= 10 ** maxDigits) throw noLink(`its values of "${name}" are too far apart`);
  return [least, values.map((v) => String(v === null ? 0 : v - least + 1).padStart(width, '0')).join('')];
}

function fromDigits(column: Json, count: number): (number | null)[] {
  const fields = new Fields({ c: column }, 'link.column');
  const least = fields.integerAt('c', 0, -maxLeast, maxLeast);
  const digits = fields.texts('c', 2, maxDigits * maxPoints, 2, 1)[0] as string;
  const width = count ? digits.length / count : 0;
  if (!Number.isInteger(width) || width > maxDigits || !/^\d*$/.test(digits))
    throw damaged('a column has the wrong length');
  return Array.from({ length: count }, (_, i) => {
    const offset = Number(digits.slice(i * width, (i + 1) * width));
    return offset === 0 ? null : least + offset - 1;
  });
}

/** The recipe without what the point's own columns say. */
function familyOf(point: PlannedPoint, recipe: Recipe): Json {
  const grid: Record<string, Json> = { ...recipe.grid };
  if (grid.bits === point.bits) grid.bits = '$b';
  if ('group' in grid && grid.group === point.group) grid.group = '$g';
  return { ...recipe, grid };
}

export function readV1(text: string): SharedRun {
  // What was made by us is four levels deep. Printing the body again, for its checksum, recurses.
  if (isTooDeep(text)) throw damaged('it is nested deeper than any link');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw damaged('it does not hold JSON');
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) throw damaged('its content has the wrong form');
  const body = new Fields(parsed[1] as Json, 'link');
  const canonical = JSON.stringify(parsed[1]);
  if (hash32(canonical) !== parsed[0]) throw damaged('its checksum does not fit its content');

  const families = body.list('r', maxPoints).map((item, i) => readRecipe(new Fields(item, `link.r[${i}]`)));
  const methods = body.texts('m', maxPoints, maxMethod);
  const p = body.fields('p');
  const count = Math.max(...['m', 'f', 'b', 'g', 'i'].map((key) => p.columnLength(key, maxPoints)));
  const column = (key: string, min: number, max: number) => p.integers(key, count, min, max);
  const method = column('m', 0, methods.length - 1).map((i) => methods[i] as string);
  const family = column('f', -1, families.length - 1);
  const bits = column('b', 0, maxBits);
  const group = column('g', 0, maxGroup);
  const ids = p.get('i') === 0 ? null : p.texts('i', maxPoints, maxId);
  const points = method.map((name, i): PlannedPoint => {
    const point = { method: name, bits: bits[i] as number, group: group[i] || null };
    const template = families[family[i] as number] ?? null;
    const recipe = template && { ...template, grid: fill(template.grid, point) };
    return { id: ids?.[i] ?? usualId({ ...point, recipe }), ...point, recipe };
  });
  if (new Set(points.map((point) => point.id)).size !== points.length) throw damaged('two points have one name');

  const [protocol, context, maxTokens, calibrationTokens, mode, seed] = body.integers('s', 6, 0, maxSetting) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [label, fingerprint, architecture] = body.texts('n', 4, maxName, 3) as [string, string, string];
  const parameters = body.integerAt('n', 3, 0, maxParameters);
  return {
    app: body.text('a', maxApp),
    adapter: body.text('d', maxName),
    model: {
      ...{ label, fingerprint, architecture, parameters },
      ...(body.has('w') ? { widestInputs: body.integer('w', 1, maxInputs) } : {}),
    },
    evaluation: readName(body, 'e'),
    calibration: body.get('c') === null ? null : readName(body, 'c'),
    settings: {
      points,
      protocol: body.choice('protocol', protocols, protocol),
      context,
      maxTokens: maxTokens || null,
      calibrationTokens,
      mode: body.choice('mode', modes, mode),
      seed,
    },
    ...(body.has('u') ? { doubts: readDoubts(body) } : {}),
    results: readResults(body, points, parameters),
  };
}

function readDoubts(body: Fields): Doubt[] {
  const doubts = body.list('u', maxDoubts).map((_, i): Doubt => {
    const [kind = 0, share = 0] = body.integersAt('u', i, 2, 0, maxSetting);
    const doubt = body.choice('doubt', doubtKinds, kind);
    if (doubt === 'overlap' && share > 1000) throw damaged('its texts share more than the whole');
    return { doubt, share: share / 1000 };
  });
  if (!doubts.length) throw damaged('its list of doubts is empty');
  return doubts;
}

function readName(body: Fields, key: string): SharedName {
  const [label, fingerprint] = body.texts(key, 2, maxName, 2) as [string, string];
  return { label, fingerprint };
}

function readResults(body: Fields, points: readonly PlannedPoint[], parameters: number): PointResult[] {
  const hashes = body.text('h', hashDigits * maxPoints);
  const count = hashes.length / hashDigits;
  if (!/^[0-9a-f]*$/.test(hashes) || !Number.isInteger(count)) throw damaged('its hashes are not hexadecimal');
  const which = body.get('k') === 0 ? [...points.keys()] : body.integers('k', count, 0, points.length - 1);
  if (which.length !== count) throw damaged(`${count} results for ${which.length} points`);
  const reference = body.integer('z', -1, count - 1);
  if (reference >= 0 && reference !== referenceAmong(which.map((at) => points[at]))) {
    throw damaged('its values are compared with a quantized point');
  }
  const rows = body.list('q', columnNames.length);
  if (rows.length !== columnNames.length) throw damaged('columns are missing');
  const values = new Map(
    columnNames.map((name, i) => [name, fromDigits(rows[i] as Json, count).map((value) => restored(name, value))]),
  );
  return which.map((at, i): PointResult => {
    const point = points[at] as PlannedPoint;
    const value = (name: Column) => values.get(name)?.[i] ?? null;
    const certain = (name: Column) => value(name) ?? 0;
    const ln = certain('lnPerplexity');
    const base = values.get('lnPerplexity')?.[reference] ?? null;
    const lnRatio = base === null || value('lnRatioHalf') === null ? null : ln - base;
    const ends = (mean: number | null, half: number | null, min: number, max: number) =>
      mean === null || half === null
        ? ([null, null] as const)
        : ([Math.max(min, mean - half), Math.min(max, mean + half)] as const);
    const [lnRatioLow, lnRatioHigh] = ends(lnRatio, value('lnRatioHalf'), -Infinity, Infinity);
    const [kldLow, kldHigh] = ends(
      value('kld'),
      value('kldHalf') === null ? null : certain('kldHalf') * certain('kld'),
      0,
      Infinity,
    );
    const [top1Low, top1High] = ends(value('top1'), value('top1Half'), 0, 1);
    const result: PointResult = {
      id: point.id,
      recipe: point.method,
      bits: point.bits,
      group: point.group,
      bitsPerWeight: certain('bitsPerWeight'),
      bitsPerWeightAll: certain('bitsPerWeightAll'),
      megabytes: (certain('megabytes') * certain('bitsPerWeightAll') * parameters) / 1e6,
      perplexity: Math.exp(ln),
      perplexityLow: Math.exp(ln - certain('lnPerplexityHalf')),
      perplexityHigh: Math.exp(ln + certain('lnPerplexityHalf')),
      lnRatio,
      lnRatioLow,
      lnRatioHigh,
      kld: value('kld'),
      kldLow,
      kldHigh,
      kld99: value('kld99'),
      top1: value('top1'),
      top1Low,
      top1High,
      bitsPerByte: certain('bitsPerByte') * ln,
      tokens: certain('tokens'),
      seconds: certain('seconds'),
      hash: hashes.slice(hashDigits * i, hashDigits * (i + 1)),
    };
    if (Object.values(result).some((v) => typeof v === 'number' && !Number.isFinite(v))) {
      throw damaged('a number is not finite');
    }
    const { perplexity, top1, tokens, bitsPerWeight, bitsPerWeightAll } = result;
    if (!(perplexity > 0) || (top1 ?? 0) > 1) throw damaged('a value is out of its range');
    if ([top1 ?? 0, tokens, bitsPerWeight, bitsPerWeightAll, result.megabytes].some((v) => v < 0)) {
      throw damaged('a size or a count is negative');
    }
    return result;
  });
}

function fill(grid: Piece, point: { readonly bits: number; readonly group: number | null }): Piece {
  // Each stands for the field that the writer puts it into; elsewhere it is a text like others.
  const value = (key: string, v: Json | undefined) =>
    key === 'bits' && v === '$b' ? point.bits : key === 'group' && v === '$g' ? point.group : v;
  const entries = Object.entries(grid).map(([key, v]) => [key, value(key, v)]);
  return Object.fromEntries(entries) as Piece;
}

/** The form of a recipe; whether its pieces exist is for who runs it to say. */
function readRecipe(fields: Fields): Recipe {
  const pieces = (key: string) =>
    fields.list(key, maxPieces).map((item, i) => readPiece(new Fields(item, `recipe.${key}[${i}]`)));
  const piece = (key: string) => readPiece(fields.fields(key));
  return {
    transform: pieces('transform'),
    grid: piece('grid'),
    rounding: piece('rounding'),
    correction: pieces('correction'),
    ...(fields.has('embedding') ? { embedding: piece('embedding') } : {}),
    ...(fields.has('head') ? { head: piece('head') } : {}),
  };
}

function readPiece(fields: Fields): Piece {
  return { ...fields.options(), name: fields.text('name', maxOptionName) };
}
