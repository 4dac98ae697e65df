/**
 * Events as a line of a log holds them, and back: results are flat rows there, which scripts read. Lines of earlier versions become events
 * of this one here, and nothing else knows what they were like. Lines were checked before (forms.ts). Pure.
 */
import { isTable, siteId } from '../model/siteId';
import { assignEarlier, type EarlierRecipe } from '../quant/recipe/assignment';
import type { Estimate, Quality, RunEvent } from './events';
import { resultOf, rowOf, type Row } from './rows';

type Line = Readonly<Record<string, unknown>>;

export function toLine(event: RunEvent): unknown {
  if (event.type === 'point-finished') return { ...event, result: rowOf(event.result) };
  if (event.type === 'run-finished') return { ...event, points: event.points.map(rowOf) };
  return event;
}

/** Names that events had up to version 0.1. */
const renamed: Readonly<Record<string, RunEvent['type']>> = { 'layer-quantized': 'site-quantized' };

export const currentType = (type: string): string => (Object.hasOwn(renamed, type) ? (renamed[type] as string) : type);

export function fromLine(line: Line): RunEvent {
  const type = currentType(String(line['type']));
  return { ...placed(changed(type, line)), type } as unknown as RunEvent;
}

function changed(type: string, line: Line): Line {
  switch (type) {
    case 'run-started': {
      const settings = line['settings'] as Line & { readonly points: readonly Line[] };
      return { ...line, settings: { ...settings, points: settings.points.map(plannedOf) } };
    }
    case 'point-finished':
      return { ...line, result: resultOf(line['result'] as Row) };
    case 'run-finished':
      return { ...line, points: (line['points'] as readonly Row[]).map(resultOf) };
    case 'window-evaluated':
      return { ...line, quality: qualityOf(line['quality'] as Line) };
    case 'run-resumed': {
      const { layersKept, ...others } = line;
      return layersKept === undefined ? line : { ...others, sitesKept: layersKept };
    }
    default:
      return line;
  }
}

/** A block's number stood beside the name of a site in it. */
function placed(line: Line): Line {
  if (!('block' in line)) return line;
  const { block, site, ...others } = line;
  return { ...others, site: isTable(String(site)) ? site : siteId(Number(block), String(site)) };
}

/** One recipe stood for all sites. */
function plannedOf(point: Line): Line {
  if (!('recipe' in point)) return point;
  const { recipe, ...others } = point;
  return { ...others, assignment: recipe === null ? null : assignEarlier(recipe as EarlierRecipe) };
}

/** Values stood beside the counts, each in a form of its own. */
function qualityOf(quality: Line): Quality {
  if ('values' in quality) return quality as unknown as Quality;
  const { windows, tokens, ...values } = quality;
  const estimates = Object.entries(values).flatMap(([name, value]) => {
    if (value === null) return [];
    const estimate = typeof value === 'number' ? { mean: value, low: NaN, high: NaN } : (value as Estimate);
    return [[name, estimate] as const];
  });
  return { windows: windows as number, tokens: tokens as number, values: Object.fromEntries(estimates) };
}
