/**
 * What events of one log must say of each other: points are planned before they are worked on, finished once, and what ends a run is
 * what was measured in it. A log that contradicts itself was not written by a run, or was put together from several. Pure.
 */
import { placeOf } from '../model/siteId';
import { findValue } from '../measures/catalog';
import { quoted } from '../util/words';
import type { ByBlock, PlannedPoint, PointResult, RunEvent, Values } from './events';

/** Full precision is measured whether or not a request names it. */
const fullPrecision = 'full-precision';

/** Rounding of sums in float32: an interval that is cut at zero may miss its mean by that. */
const rounding = 1e-5;

interface Planned extends Pick<PlannedPoint, 'method' | 'bits' | 'group'> {
  readonly reference: boolean;
}

export class LogLaws {
  #planned = new Map<string, Planned>();
  #finished = new Map<string, PointResult>();
  /** Points that could not be measured: the end does without them. */
  readonly #failed = new Set<string>();
  #blocks = 0;
  #windows = new Map<string, number>();
  #ended: string | null = null;

  /** What contradicts the events before it, in words that follow "line 7: …"; null when nothing does. */
  check(event: RunEvent): string | null {
    if (event.type === 'run-started') return this.#start(event);
    const ends = event.type === 'run-stopped' || event.type === 'run-failed' || event.type === 'run-finished';
    if (this.#ended && !ends) return `is "${event.type}" after the run has ended with "${this.#ended}"`;
    if (ends) this.#ended = event.type;
    switch (event.type) {
      case 'point-finished':
        return this.#finish(event.result, event.losses?.length ?? 0) ?? this.#outsideBlocks(event.byBlock ?? {});
      case 'run-finished':
        return this.#end(event.points);
      case 'window-evaluated': {
        const { windows, values } = event.quality;
        if (windows > event.windowsTotal) return `has ${windows} windows of ${event.windowsTotal}`;
        this.#windows.set(event.point, event.windowsTotal);
        const outside = outsideOf(values);
        return this.#unplanned(event.point) ?? (outside && `has a ${outside} outside its interval`);
      }
      case 'site-quantized':
      case 'damping-raised':
      case 'fallback-used':
      case 'site-calibrated': {
        const { block } = placeOf(event.site);
        if (block !== null && block >= this.#blocks) return `names block ${block} of a model with ${this.#blocks}`;
        return event.point === null ? null : this.#unplanned(event.point);
      }
      case 'calibration-redrawn':
      case 'point-started':
      case 'progressed':
        return event.point === null ? null : this.#unplanned(event.point);
      case 'point-failed':
        this.#failed.add(event.point);
        return this.#unplanned(event.point);
      case 'remarked':
      case 'rotation-verified':
      case 'scales-verified':
      case 'run-failed':
      case 'run-resumed':
      case 'run-stopped':
        return null;
      case 'text-doubted':
        return event.doubt === 'overlap' && event.share > 1 ? 'shares more passages than the text has' : null;
    }
  }

  /** A run, or the same once more on a new device: what was measured before is measured again. */
  #start({ settings, model }: Extract<RunEvent, { type: 'run-started' }>): string | null {
    this.#planned = new Map([[fullPrecision, { method: fullPrecision, bits: 0, group: null, reference: true }]]);
    this.#finished = new Map();
    this.#failed.clear();
    this.#windows = new Map();
    this.#blocks = model.layers;
    this.#ended = null;
    const ids = new Set<string>();
    for (const { id, method, bits, group, assignment } of settings.points) {
      if (ids.has(id)) return `plans two points named ${quoted(id)}`;
      ids.add(id);
      this.#planned.set(id, { method, bits, group, reference: assignment === null });
    }
    return null;
  }

  #unplanned(point: string): string | null {
    return this.#planned.has(point) ? null : `is about the point ${quoted(point)}, which the run does not plan`;
  }

  #finish(result: PointResult, windows: number): string | null {
    const { id, values } = result;
    const planned = this.#planned.get(id);
    if (!planned) return this.#unplanned(id);
    if (this.#finished.has(id)) return `finishes the point ${quoted(id)} a second time`;
    if (result.method !== planned.method || result.bits !== planned.bits || result.group !== planned.group) {
      return `has another method, width or group than the plan of ${quoted(id)}`;
    }
    if (planned.reference && Object.keys(values).some(compares)) return 'compares full precision with itself';
    if (windows > (this.#windows.get(id) ?? windows)) return `has losses of ${windows} windows, more than there are`;
    const outside = outsideOf(values);
    if (outside) return `has a ${outside} outside its interval`;
    this.#finished.set(id, result);
    return null;
  }

  /** What is told block by block is of blocks that the model has, each once, and within its intervals. */
  #outsideBlocks(byBlock: ByBlock): string | null {
    for (const [name, values] of Object.entries(byBlock)) {
      const blocks = new Set(values.map(({ block }) => block));
      if (blocks.size < values.length) return `tells ${name} of a block twice`;
      const most = Math.max(...blocks);
      if (most >= this.#blocks) return `tells ${name} of block ${most} of a model with ${this.#blocks}`;
      const outside = values.find((value) => outsideOf({ [name]: value }) !== null);
      if (outside) return `has a ${name} of block ${outside.block} outside its interval`;
    }
    return null;
  }

  #end(points: readonly PointResult[]): string | null {
    const ids = new Set<string>();
    for (const { id, hash, values } of points) {
      const finished = this.#finished.get(id);
      if (!finished) return `ends with the point ${quoted(id)}, which was not finished`;
      if (ids.has(id)) return `ends with the point ${quoted(id)} twice`;
      if (finished.hash !== hash || !sameMeans(finished.values, values)) {
        return `ends with another result of ${quoted(id)} than the one that was measured`;
      }
      ids.add(id);
    }
    const missing = [...this.#planned.keys()].find(
      (id) => !ids.has(id) && !this.#failed.has(id) && id !== fullPrecision,
    );
    return missing === undefined ? null : `ends without the point ${quoted(missing)}, which the run plans`;
  }
}

/** Whether the value compares with full precision, which full precision itself has none of. */
const compares = (name: string): boolean => findValue(name)?.against === 'full precision';

const sameMeans = (a: Values, b: Values): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, { mean }]) => b[name]?.mean === mean);

/** The first that is not within its interval, by name. An end that was not measured (NaN) contradicts nothing. */
function outsideOf(values: Values): string | null {
  const outside = Object.entries(values).find(([, { mean, low, high }]) => {
    const slack = rounding * (1 + Math.abs(mean));
    return low > mean + slack || high < mean - slack;
  });
  return outside?.[0] ?? null;
}
