/**
 * What events of one log must say of each other: points are planned before they are worked on, finished once, and what ends a run is
 * what was measured in it. A log that contradicts itself was not written by a run, or was put together from several. Pure.
 */
import type { Estimate, PlannedPoint, PointResult, RunEvent } from './events';
import { quoted } from '../util/words';

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
  #layers = 0;
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
        return this.#finish(event.result, event.losses?.length ?? 0);
      case 'run-finished':
        return this.#end(event.points);
      case 'window-evaluated': {
        const { windows, perplexity, lnRatio, kld, top1 } = event.quality;
        if (windows > event.windowsTotal) return `has ${windows} windows of ${event.windowsTotal}`;
        this.#windows.set(event.point, event.windowsTotal);
        const outside = outsideOf({ perplexity, lnRatio, kld, top1 });
        return this.#unplanned(event.point) ?? (outside && `has a ${outside} outside its interval`);
      }
      case 'layer-quantized':
      case 'damping-raised':
      case 'fallback-used':
      case 'site-calibrated': {
        if (event.block > this.#layers) return `names block ${event.block} of a model with ${this.#layers}`;
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
    this.#layers = model.layers;
    this.#ended = null;
    const ids = new Set<string>();
    for (const { id, method, bits, group, recipe } of settings.points) {
      if (ids.has(id)) return `plans two points named ${quoted(id)}`;
      ids.add(id);
      this.#planned.set(id, { method, bits, group, reference: recipe === null });
    }
    return null;
  }

  #unplanned(point: string): string | null {
    return this.#planned.has(point) ? null : `is about the point ${quoted(point)}, which the run does not plan`;
  }

  #finish(result: PointResult, windows: number): string | null {
    const { id, perplexity, perplexityLow, perplexityHigh } = result;
    const planned = this.#planned.get(id);
    if (!planned) return this.#unplanned(id);
    if (this.#finished.has(id)) return `finishes the point ${quoted(id)} a second time`;
    if (result.recipe !== planned.method || result.bits !== planned.bits || result.group !== planned.group) {
      return `has another method, width or group than the plan of ${quoted(id)}`;
    }
    if (planned.reference && result.lnRatio !== null) return 'compares full precision with itself';
    if (windows > (this.#windows.get(id) ?? windows)) return `has losses of ${windows} windows, more than there are`;
    const outside = outsideOf({
      perplexity: { mean: perplexity, low: perplexityLow, high: perplexityHigh },
      lnRatio: interval(result.lnRatio, result.lnRatioLow, result.lnRatioHigh),
      kld: interval(result.kld, result.kldLow, result.kldHigh),
      top1: interval(result.top1, result.top1Low, result.top1High),
    });
    if (outside) return `has a ${outside} outside its interval`;
    this.#finished.set(id, result);
    return null;
  }

  #end(points: readonly PointResult[]): string | null {
    const ids = new Set<string>();
    for (const { id, hash, perplexity } of points) {
      const finished = this.#finished.get(id);
      if (!finished) return `ends with the point ${quoted(id)}, which was not finished`;
      if (ids.has(id)) return `ends with the point ${quoted(id)} twice`;
      if (finished.hash !== hash || finished.perplexity !== perplexity) {
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

const interval = (mean: number | null, low: number | null, high: number | null): Estimate | null =>
  mean === null ? null : { mean, low: low ?? NaN, high: high ?? NaN };

/** The first that is not within its interval, by name. An end that was not measured (NaN) contradicts nothing. */
function outsideOf(estimates: Readonly<Record<string, Estimate | null>>): string | null {
  const outside = Object.entries(estimates).find(([, estimate]) => {
    if (!estimate) return false;
    const { mean, low, high } = estimate;
    const slack = rounding * (1 + Math.abs(mean));
    return low > mean + slack || high < mean - slack;
  });
  return outside?.[0] ?? null;
}
