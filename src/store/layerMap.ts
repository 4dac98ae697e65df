/** The layers of one point as a map: blocks down, sites across, one measure in the cells. Pure. */
import type { LayerResult, PlannedPoint } from '../lab/events';
import type { Recipe } from '../quant/recipe';
import { number } from './format';
import { shades } from './matrix';
import type { RunView } from './runView';

export type LayerMeasure = 'gain' | 'bits' | 'damping' | 'fallbacks' | 'outliers';

export interface LayerCell {
  readonly layer: LayerResult;
  readonly text: string;
  /** 0 (least of the map) to shades − 1; null where there is no number. */
  readonly shade: number | null;
  /** Whether the method left the layer as rounding to nearest would. */
  readonly same: boolean;
}

export interface LayerMap {
  readonly sites: readonly string[];
  readonly rows: readonly { readonly block: number; readonly cells: readonly (LayerCell | null)[] }[];
  /** How many layers the method left as rounding to nearest would. */
  readonly same: number;
}

type Run = Pick<RunView, 'layers' | 'remarks' | 'about'>;

/** The map of a point. Layers that are not solved yet have no cell. */
export function layerMap(run: Run, point: string, measure: LayerMeasure): LayerMap {
  const layers = run.layers.filter((layer) => layer.point === point);
  const sites = [...new Set(layers.map(({ site }) => site))];
  const blocks = [...new Set(layers.map(({ block }) => block))].sort((a, b) => a - b);
  const plain = plainPoints(run, point);
  const value = valueOf(measure, run);
  const values = layers.map(value).filter((v) => v !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const cell = (layer: LayerResult): LayerCell => {
    const v = value(layer);
    const shade = v === null ? null : most > least ? Math.round(((v - least) / (most - least)) * (shades - 1)) : 0;
    return { layer, text: textOf(measure, layer, v), shade, same: isSame(layer, run, plain) };
  };
  const rows = blocks.map((block) => ({
    block,
    cells: sites.map((site) => {
      const layer = layers.find((one) => one.block === block && one.site === site);
      return layer ? cell(layer) : null;
    }),
  }));
  return { sites, rows, same: rows.flatMap(({ cells }) => cells).filter((c) => c?.same).length };
}

/** Error as a share of that of rounding to nearest on the same grid; null where nothing was calibrated. */
export const gain = ({ loss, nearestLoss }: LayerResult): number | null =>
  loss === null || !nearestLoss ? null : loss / nearestLoss;

/** Damping raised, or a named method replaced by another, on this layer. */
export const troubles = ({ point, block, site }: LayerResult, { remarks }: Pick<RunView, 'remarks'>): number =>
  remarks.filter(({ place }) => place?.point === point && place.block === block && place.site === site).length;

function valueOf(measure: LayerMeasure, run: Run): (layer: LayerResult) => number | null {
  switch (measure) {
    case 'gain':
      return gain;
    case 'bits':
      return ({ bits }) => bits;
    case 'damping':
      return ({ damping }) => damping;
    case 'fallbacks':
      return (layer) => troubles(layer, run);
    case 'outliers':
      return ({ insight }) => insight?.outliers.after ?? null;
  }
}

function textOf(measure: LayerMeasure, { insight }: LayerResult, value: number | null): string {
  if (measure === 'outliers') {
    if (!insight) return 'not recorded';
    const { before, after } = insight.outliers;
    return before === after ? number(before, 3) : `${number(before, 3)} → ${number(after, 3)}`;
  }
  if (value === null) return 'not measured';
  if (measure === 'gain') return `${number(value * 100, 3)} %`;
  if (measure === 'damping' && value === 0) return 'none';
  if (measure === 'fallbacks') return String(value);
  return number(value, measure === 'bits' ? 4 : 2);
}

interface Plain {
  /** Whether the point itself is rounding to nearest. */
  readonly itself: boolean;
  /** Points of the run that are rounding to nearest on the same grid. */
  readonly others: readonly string[];
}

function plainPoints({ about }: Run, id: string): Plain {
  const planned = about?.settings.points ?? [];
  const recipe = planned.find((point) => point.id === id)?.recipe;
  if (!recipe) return { itself: false, others: [] };
  const grid = JSON.stringify(recipe.grid);
  const onSameGrid = ({ recipe: other }: PlannedPoint) =>
    other !== null && isPlain(other) && JSON.stringify(other.grid) === grid;
  return { itself: isPlain(recipe), others: planned.filter(onSameGrid).map((point) => point.id) };
}

const isPlain = ({ transform, rounding, correction }: Recipe) =>
  transform.length === 0 && rounding.name === 'nearest' && correction.length === 0;

/** Equal to the last bit: the same codes and parameters, or the same loss. */
function isSame(layer: LayerResult, { layers }: Run, { itself, others }: Plain): boolean {
  if (itself) return false;
  if (layer.loss !== null && layer.loss === layer.nearestLoss) return true;
  return layers.some(
    ({ point, block, site, hash }) =>
      hash === layer.hash && block === layer.block && site === layer.site && others.includes(point),
  );
}
