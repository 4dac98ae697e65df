/**
 * What all layouts of a link have in common: `[checksum, body]` as JSON, and in the body what was run, where, on what, and the planned points
 * in columns. Frozen with them: links open for ever. Pure.
 */
import { isTooDeep } from '../../util/json';
import { hash32 } from '../../util/rng';
import type { Assignment } from '../../quant/recipe/assignment';
import type { PlannedPoint } from '../events';
import { mostBlend, plainVariants, variantBits, variantNumbers, variantsFrom, type Variants } from '../variants';
import { damaged } from './bytes';
import { packed } from './columns';
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
  maxParameters,
  maxPoints,
  maxSetting,
  noLink,
} from './limits';
import { fill, templateOf } from './recipes';
import type { Doubt, SharedName, SharedRun } from './sharedRun';

const protocols = ['gptq', 'llama.cpp', 'pictures', 'other-pictures'] as const;
const modes = ['shared', 'sequential'] as const;
const doubtKinds = ['overlap', 'foreign'] as const;

type Body = { readonly [key: string]: Json };

export function textOf(body: Body): string {
  const text = JSON.stringify(body);
  return `[${hash32(text)},${text}]`;
}

/** @throws FormatError where it is none, or has changed on its way. */
export function bodyOf(text: string): Fields {
  // What was made by us is a few levels deep. Printing the body again, for its checksum, recurses.
  if (isTooDeep(text)) throw damaged('it is nested deeper than any link');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw damaged('it does not hold JSON');
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) throw damaged('its content has the wrong form');
  const body = new Fields(parsed[1] as Json, 'link');
  if (hash32(JSON.stringify(parsed[1])) !== parsed[0]) throw damaged('its checksum does not fit its content');
  return body;
}

const nameOf = ({ label, fingerprint }: SharedName) => [label, fingerprint];
const usualId = (p: Pick<PlannedPoint, 'method' | 'bits' | 'assignment'>) =>
  p.assignment ? `${p.method}-${p.bits}` : p.method;

/** Place of the point that the others are compared with; −1 where it is not there. */
export const referenceAmong = (points: readonly (PlannedPoint | undefined)[]): number =>
  points.findIndex((p) => p?.assignment === null);

export function writeHead(share: SharedRun): Body {
  const { app, adapter, model, evaluation, calibration, calibrationPictures, settings, doubts } = share;
  const planned = settings.points;
  const families: string[] = [];
  const methods: string[] = [];
  const indexIn = (list: string[], text: string) => {
    if (!list.includes(text)) list.push(text);
    return list.indexOf(text);
  };
  const points = {
    m: planned.map((p) => indexIn(methods, p.method)),
    f: planned.map((p) => (p.assignment ? indexIn(families, JSON.stringify(templateOf(p, p.assignment))) : -1)),
    b: planned.map((p) => p.bits),
    g: planned.map((p) => p.group ?? 0),
  };
  const ids = planned.some((p) => p.id !== usualId(p)) ? planned.map((p) => p.id) : 0;
  return {
    a: app,
    d: adapter,
    n: [model.label, model.fingerprint, model.architecture, model.parameters],
    ...(model.widestInputs ? { w: model.widestInputs } : {}),
    ...(doubts ? { u: doubts.map(({ doubt, share }) => [doubtKinds.indexOf(doubt), Math.round(1000 * share)]) } : {}),
    e: nameOf(evaluation),
    c: calibration && nameOf(calibration),
    ...(calibrationPictures && { y: nameOf(calibrationPictures) }),
    s: [
      protocols.indexOf(settings.protocol),
      settings.context,
      settings.maxTokens ?? 0,
      settings.calibrationTokens,
      modes.indexOf(settings.mode),
      settings.seed,
    ],
    ...(settings.variants ? { x: [...variantNumbers(settings.variants)] } : {}),
    r: families.map((text) => JSON.parse(text) as Json),
    m: methods,
    p: { ...Object.fromEntries(Object.entries(points).map(([k, v]) => [k, packed(v)])), i: ids },
  };
}

/** Which planned points the results are of: 0 for every one, in order. */
export function writePlaces({ settings: { points }, results }: SharedRun): Json {
  const places = results.map((r) => points.findIndex((p) => p.id === r.id));
  const stray = places.indexOf(-1);
  if (stray >= 0) throw noLink(`its point ${results[stray]?.id.slice(0, 40)} is none of the planned ones`);
  return results.length === points.length && results.every((r, i) => r.id === points[i]?.id) ? 0 : places;
}

/** `template`: how a recipe of the layout is read. */
export function readHead(body: Fields, template: (fields: Fields) => Assignment): Omit<SharedRun, 'results'> {
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
    ...(body.has('y') && { calibrationPictures: readName(body, 'y') }),
    settings: {
      points: readPoints(body, template),
      protocol: body.choice('protocol', protocols, protocol),
      context,
      maxTokens: maxTokens || null,
      calibrationTokens,
      mode: body.choice('mode', modes, mode),
      seed,
      ...(body.has('x') ? { variants: readVariants(body) } : {}),
    },
    ...(body.has('u') ? { doubts: readDoubts(body) } : {}),
  };
}

function readPoints(body: Fields, template: (fields: Fields) => Assignment): PlannedPoint[] {
  const families = body.list('r', maxPoints).map((item, i) => template(new Fields(item, `link.r[${i}]`)));
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
    const found = families[family[i] as number] ?? null;
    const assignment = found && fill(found, point);
    return { id: ids?.[i] ?? usualId({ ...point, assignment }), ...point, assignment };
  });
  if (new Set(points.map((point) => point.id)).size !== points.length) throw damaged('two points have one name');
  return points;
}

/** The planned points that `count` results are of. */
export function readPlaces(body: Fields, points: readonly PlannedPoint[], count: number): readonly PlannedPoint[] {
  const which = body.get('k') === 0 ? [...points.keys()] : body.integers('k', count, 0, points.length - 1);
  if (which.length !== count) throw damaged(`${count} results for ${which.length} points`);
  return which.map((at) => points[at] as PlannedPoint);
}

function readVariants(body: Fields): Variants {
  const [blend = 0, bits = 0] = body.integers('x', 2, 0, mostBlend + 1);
  const variants = plainVariants(variantsFrom([blend, bits]));
  if (!variants || bits >= variantBits) throw damaged('its variants of calibration are none');
  return variants;
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
