/** The layers of one point as a map: blocks and their experts down, sites across, one measure in the cells. Pure. */
import { embeddingSite, expertOf, placeOf, siteWords } from '../model/siteId';
import type { SiteResult, Place, PlannedPoint } from '../log/events';
import { isPlain } from '../quant/recipe/plain';
import { number, sentence } from './format';
import { shades } from './combinations';
import type { RunView } from './runView';

export type LayerMeasure = 'gain' | 'bits' | 'damping' | 'fallbacks' | 'outliers';

export interface LayerCell {
  readonly layer: SiteResult;
  readonly text: string;
  /** 0 (least of the map) to shades − 1; null where there is no number. */
  readonly shade: number | null;
  /** Whether the method left the layer as rounding to nearest would. */
  readonly same: boolean;
}

/** `block` null: embedding or head, in a row of its own. `expert` null: what is of none in the block. */
export interface LayerRow {
  readonly block: number | null;
  readonly expert: number | null;
  readonly cells: readonly (LayerCell | null)[];
}

export interface LayerMap {
  readonly sites: readonly string[];
  readonly rows: readonly LayerRow[];
  /** Layers that have no place: more blocks and sites than a map can show. */
  readonly beyond: number;
  /** How many layers the method left as rounding to nearest would. */
  readonly same: number;
}

/** More than any dense model that fits a browser: 16 × 256 cells. */
const [mostSites, mostRows] = [16, 256];

type Run = Pick<RunView, 'layers' | 'remarks' | 'about'>;

/** The map of a point. Layers that are not solved yet have no cell. */
export function layerMap(run: Run, point: string, measure: LayerMeasure): LayerMap {
  const all = run.layers.filter((layer) => layer.point === point);
  const layers = shown(all);
  const sites = [...new Set(layers.map((layer) => cellOf(layer).column))];
  const heads = [...new Map(layers.map((layer) => [cellOf(layer).key, cellOf(layer)])).values()].sort(
    (a, b) => a.order - b.order || (a.expert ?? -1) - (b.expert ?? -1),
  );
  const plain = plainPoints(run, point);
  const value = valueOf(measure, run);
  const values = layers.map(value).filter((v) => v !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const cell = (layer: SiteResult): LayerCell => {
    const v = value(layer);
    const shade = v === null ? null : most > least ? Math.round(((v - least) / (most - least)) * (shades - 1)) : 0;
    return { layer, text: textOf(measure, layer, v), shade, same: isSame(layer, plain) };
  };
  const placed = new Map(layers.map((layer) => [`${cellOf(layer).key} ${cellOf(layer).column}`, layer]));
  const rows = heads.map(({ key, block, expert }) => ({
    block,
    expert,
    cells: sites.map((site) => {
      const layer = placed.get(`${key} ${site}`);
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

/**
 * Where a layer stands: its column, and its row by a key, with a place in the order of blocks. The embedding stands before them, the head behind;
 * experts have rows of their own behind that of their block, for a block may have many and all have the same sites.
 */
function cellOf({ site }: Pick<Place, 'site'>) {
  const { block, name } = placeOf(site);
  const of = block === null ? null : expertOf(name);
  const order = block ?? (site === embeddingSite ? -1 : Number.MAX_SAFE_INTEGER);
  const expert = of?.expert ?? null;
  return { key: `${order} ${expert ?? ''}`, order, block, expert, column: of ? `expert.${of.own}` : name };
}

/** The first layers whose sites are so few that the map of them can be drawn: a log may name any. */
function shown(layers: readonly SiteResult[]): readonly SiteResult[] {
  const sites = new Set<string>();
  const rows = new Set<string>();
  return layers.filter((layer) => {
    const { column, key } = cellOf(layer);
    if (!sites.has(column) && sites.size >= mostSites) return false;
    if (!rows.has(key) && rows.size >= mostRows) return false;
    sites.add(column);
    rows.add(key);
    return true;
  });
}

/** "Block 3, mlp.down", or "Embedding". */
export const placeName = ({ site }: Pick<Place, 'site'>): string => sentence(siteWords(site));

/** Error as a share of that of rounding to nearest on the same grid; null where nothing was calibrated. */
export const gain = ({ loss, nearestLoss }: SiteResult): number | null =>
  loss === null || !nearestLoss ? null : loss / nearestLoss;

/** How much of its output a layer lost: tr(D H Dᵀ) / tr(W H Wᵀ); null where nothing was calibrated. */
export const lossShare = ({ loss, energy }: SiteResult): number | null =>
  loss === null || !energy ? null : loss / energy;

/** The layers of one point that lost most of their output, worst first. */
export function worstLayers(layers: readonly SiteResult[], count = 5): readonly SiteResult[] {
  return layers
    .filter((layer) => lossShare(layer) !== null)
    .sort((a, b) => (lossShare(b) ?? 0) - (lossShare(a) ?? 0))
    .slice(0, count);
}

const placeKey = ({ point, site }: Place) => JSON.stringify([point, site]);

/** Damping raised, or a named method replaced by another, on this layer. */
export const troubles = ({ point, site }: SiteResult, { remarks }: Pick<RunView, 'remarks'>): number =>
  remarks.filter(({ place }) => place?.point === point && place.site === site).length;

function valueOf(measure: LayerMeasure, run: Run): (layer: SiteResult) => number | null {
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

function textOf(measure: LayerMeasure, { insight }: SiteResult, value: number | null): string {
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

const identity = ({ site, hash }: SiteResult) => `${site} ${hash}`;

function plainPoints({ about, layers }: Run, id: string): Plain {
  const planned = about?.settings.points ?? [];
  const recipe = planned.find((point) => point.id === id)?.assignment?.all;
  if (!recipe) return { itself: false, others: new Set() };
  const grid = JSON.stringify(recipe.grid);
  const onSameGrid = ({ assignment }: PlannedPoint) =>
    assignment !== null && isPlain(assignment.all) && JSON.stringify(assignment.all.grid) === grid;
  const others = new Set(planned.filter(onSameGrid).map((point) => point.id));
  return {
    itself: isPlain(recipe),
    others: new Set(layers.filter(({ point }) => others.has(point)).map(identity)),
  };
}

/** Equal to the last bit: the same codes and parameters, or the same loss. */
function isSame(layer: SiteResult, { itself, others }: Plain): boolean {
  if (itself) return false;
  return (layer.loss !== null && layer.loss === layer.nearestLoss) || others.has(identity(layer));
}
