/**
 * A run as a link can say it, and whether a link says it: names cut to what the reader takes, unknown fields left out, and what was
 * read back compared with what was to be written.
 */
import type { Assignment } from '../../quant/recipe/assignment';
import { mapSlots, type Recipe } from '../../quant/recipe/recipe';
import type { PlannedPoint, PointResult } from '../events';
import { plainVariants } from '../variants';
import type { Doubt, SharedRun } from './sharedRun';
import { cutName, maxApp, maxName } from './limits';

/** The same run with names that fit. Ids and methods stay whole: cut, two of them might become one. */
export function fitToLink(share: SharedRun): SharedRun {
  const name = (text: string) => cutName(text, maxName);
  const named = ({ label, fingerprint }: SharedRun['evaluation']) => ({ label: name(label), fingerprint });
  const { protocol, context, maxTokens, calibrationTokens, mode, seed } = share.settings;
  const variants = plainVariants(share.settings.variants);
  const { architecture, parameters, widestInputs } = share.model;
  const doubts = strongest(share.doubts ?? []);
  return {
    app: cutName(share.app, maxApp),
    adapter: name(share.adapter),
    model: {
      ...named(share.model),
      architecture: name(architecture),
      parameters,
      ...(widestInputs ? { widestInputs } : {}),
    },
    evaluation: named(share.evaluation),
    calibration: share.calibration && named(share.calibration),
    ...(share.calibrationPictures && { calibrationPictures: named(share.calibrationPictures) }),
    settings: {
      ...{ protocol, context, maxTokens, calibrationTokens, mode, seed },
      points: share.settings.points.map(pointAlone),
      ...(variants && { variants }),
    },
    ...(doubts.length ? { doubts } : {}),
    results: share.results,
  };
}

/** The largest share of each kind, to a thousandth. */
function strongest(doubts: readonly Doubt[]): Doubt[] {
  const shares = new Map<Doubt['doubt'], number>();
  for (const { doubt, share } of doubts) shares.set(doubt, Math.max(share, shares.get(doubt) ?? 0));
  return [...shares].map(([doubt, share]) => ({ doubt, share: Math.round(1000 * share) / 1000 }));
}

function pointAlone({ id, method, assignment, bits, group }: PlannedPoint): PlannedPoint {
  return { id, method, assignment: assignment && assignmentAlone(assignment), bits, group };
}

const slotsAlone = (recipe: Recipe): Recipe => mapSlots(recipe, ({ piece }) => piece);

function assignmentAlone({ all, everywhere, except }: Assignment): Assignment {
  const exceptions = (except ?? []).map(({ where, recipe }) => ({ where, recipe: recipe && slotsAlone(recipe) }));
  return {
    all: slotsAlone(all),
    ...(everywhere && { everywhere }),
    ...(exceptions.length ? { except: exceptions } : {}),
  };
}

/**
 * What the run that was read back says otherwise, in words; null when it says the same. Values are kept to the digits that people compare,
 * ends of intervals to two, and cut where they are not finite.
 */
export function whatDiffers(share: SharedRun, back: SharedRun): string | null {
  const { results, ...head } = share;
  const { results: results2, ...head2 } = back;
  const field = (Object.keys(head) as (keyof typeof head)[]).find((key) => !same(head[key], head2[key]));
  if (field) return `its ${field} cannot be written down in one`;
  if (results.length !== results2.length) return 'some of its points cannot be written down in one';
  for (const [i, result] of results.entries()) {
    const read = results2[i] as PointResult;
    // Method, bits and group of a result are its planned point's.
    const which = result.id === read.id ? differing(result, read) : 'id';
    if (which) return `the value "${which}" of point ${cutName(result.id, 40)} cannot be written down in one`;
  }
  return null;
}

/** The first value that was read back otherwise. */
function differing(result: PointResult, read: PointResult): string | undefined {
  const numbers = ({ size, values, tokens }: PointResult): Readonly<Record<string, number | undefined>> => ({
    ...size,
    tokens,
    ...Object.fromEntries(Object.entries(values).map(([name, { mean }]) => [name, mean])),
  });
  const [want, got] = [numbers(result), numbers(read)];
  return [...new Set([...Object.keys(want), ...Object.keys(got)])].find((key) => !near(want[key], got[key]));
}

/** What is not finite has no value in a link. */
function near(want: number | undefined, got: number | undefined): boolean {
  if (want === undefined || !Number.isFinite(want)) return got === undefined;
  return got !== undefined && Math.abs(want - got) <= 2e-3 * Math.abs(want) + 1e-3;
}

/** Equality of JSON values; the order of keys does not count. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
