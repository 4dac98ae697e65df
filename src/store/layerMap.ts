/** The layers of one point as a map: blocks down, sites across, one measure in the cells. Pure. */
import type { LayerResult, Place, PlannedPoint } from '../log/events';
import type { Recipe } from '../quant/recipe/recipe';
import { number } from './format';
import { shades } from './combinations';
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
  /** Layers that have no place: more blocks and sites than a map can show. */
  readonly beyond: number;
  /** How many layers the method left as rounding to nearest would. */
  readonly same: number;
}

/** More than any model that fits a browser: 16 × 256 cells. */
const [mostSites, mostBlocks] = [16, 256];

/** Sites that are no part of a block, as the lab names them. */
const tables: readonly string[] = ['embedding', 'head'];

type Run = Pick<RunView, 'layers' | 'remarks' | 'about'>;

/** The map of a point. Layers that are not solved yet have no cell. */
export function layerMap(run: Run, point: string, measure: LayerMeasure): LayerMap {
  const all = run.layers.filter((layer) => layer.point === point);
  const layers = shown(all);
  const sites = [...new Set(layers.map(({ site }) => site))];
  const blocks = [...new Set(layers.map(({ block }) => block))].sort((a, b) => a - b);
  const plain = plainPoints(run, point);
  const value = valueOf(measure, run);
  const values = layers.map(value).filter((v) => v !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const cell = (layer: LayerResult): LayerCell => {
    const v = value(layer);
    const shade = v === null ? null : most > least ? Math.round(((v - least) / (most - least)) * (shades - 1)) : 0;
    return { layer, text: textOf(measure, layer, v), shade, same: isSame(layer, plain) };
  };
  const placed = new Map(layers.map((layer) => [`${layer.block} ${layer.site}`, layer]));
  const rows = blocks.map((block) => ({
    block,
    cells: sites.map((site) => {
      const layer = placed.get(`${block} ${site}`);
      return layer ? cell(layer) : null;
    }),
  }));
  return {
    sites,
    rows,
    beyond: all.length - layers.length,
    same: rows.flatMap(({ cells }) => cells).filter((c) => c?.same).length,
  };
}

/** The first layers whose sites are so few that the map of them can be drawn: a log may name any. */
function shown(layers: readonly LayerResult[]): readonly LayerResult[] {
  const sites = new Set<string>();
  const blocks = new Set<number>();
  return layers.filter(({ site, block }) => {
    if (!sites.has(site) && sites.size >= mostSites) return false;
    if (!blocks.has(block) && blocks.size >= mostBlocks) return false;
    sites.add(site);
    blocks.add(block);
    return true;
  });
}

/** Whether the site is embedding or head: no part of a block, and without inputs that calibration records. */
export const isTable = (site: string): boolean => tables.includes(site);

/** "Block 3, mlp.down", or "embedding". */
export const placeName = ({ block, site }: Pick<Place, 'block' | 'site'>): string =>
  isTable(site) ? site : `Block ${block}, ${site}`;

/** Error as a share of that of rounding to nearest on the same grid; null where nothing was calibrated. */
export const gain = ({ loss, nearestLoss }: LayerResult): number | null =>
  loss === null || !nearestLoss ? null : loss / nearestLoss;

/** How much of its output a layer lost: tr(D H Dᵀ) / tr(W H Wᵀ); null where nothing was calibrated. */
export const lossShare = ({ loss, energy }: LayerResult): number | null =>
  loss === null || !energy ? null : loss / energy;

/** The layers of one point that lost most of their output, worst first. */
export function worstLayers(layers: readonly LayerResult[], count = 5): readonly LayerResult[] {
  return layers
    .filter((layer) => lossShare(layer) !== null)
    .sort((a, b) => (lossShare(b) ?? 0) - (lossShare(a) ?? 0))
    .slice(0, count);
}

const placeKey = ({ point, block, site }: Place) => JSON.stringify([point, block, site]);

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
    case 'fallbacks': {
      const counts = new Map<string, number>();
      for (const { place } of run.remarks) {
        if (place) counts.set(placeKey(place), (counts.get(placeKey(place)) ?? 0) + 1);
      }
      return (layer) => counts.get(placeKey(layer)) ?? 0;
    }
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
  /** Layers of the run's points that are rounding to nearest on the same grid: place and hash. */
  readonly others: ReadonlySet<string>;
}

const identity = ({ block, site, hash }: LayerResult) => `${block} ${site} ${hash}`;

function plainPoints({ about, layers }: Run, id: string): Plain {
  const planned = about?.settings.points ?? [];
  const recipe = planned.find((point) => point.id === id)?.recipe;
  if (!recipe) return { itself: false, others: new Set() };
  const grid = JSON.stringify(recipe.grid);
  const onSameGrid = ({ recipe: other }: PlannedPoint) =>
    other !== null && isPlain(other) && JSON.stringify(other.grid) === grid;
  const others = new Set(planned.filter(onSameGrid).map((point) => point.id));
  return {
    itself: isPlain(recipe),
    others: new Set(layers.filter(({ point }) => others.has(point)).map(identity)),
  };
}

const isPlain = ({ transform, rounding, correction }: Recipe) =>
  transform.length === 0 && rounding.name === 'nearest' && correction.length === 0;

/** Equal to the last bit: the same codes and parameters, or the same loss. */
function isSame(layer: LayerResult, { itself, others }: Plain): boolean {
  if (itself) return false;
  return (layer.loss !== null && layer.loss === layer.nearestLoss) || others.has(identity(layer));
}
