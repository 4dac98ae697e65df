/**
 * All measures of one point at once. What computes a measure is the function <name> that src/measures/<name>.ts exports; found by name,
 * so that a new measure is its own files.
 */
import { NumericError } from '../util/errors';
import { present } from '../util/assert';
import type { ByBlock, Values } from '../log/events';
import { measures } from './catalog';
import type { Gathering, Measure, MeasureMeta, ScoredText, ScoredWindow } from './measure';

type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The functions of `metas` among some modules. */
export const measuring = (metas: readonly MeasureMeta[], modules: Modules): readonly Measure[] =>
  metas.map(({ name }) => {
    const found = modules[`./${name}.ts`]?.[name];
    return present(typeof found === 'function' ? (found as Measure) : undefined, `src/measures/${name}.ts, ${name}`);
  });

export const measureFiles: Modules = import.meta.glob(['./*.ts', '!./*.meta.ts', '!./gather.ts'], { eager: true });

const all = measuring(measures, measureFiles);

/** A point's values so far. */
export interface Measured {
  readonly windows: number;
  /** Scored tokens. */
  readonly tokens: number;
  readonly values: Values;
}

/** Gathers the windows of one point. */
export class Measurement {
  readonly nll: Float32Array[] = [];
  readonly #gatherings: readonly Gathering[];
  /** Windows that are measured by: a wrong answer is none, nor is a text behind another picture. */
  readonly #told: number[] = [];
  #tokens = 0;

  /** `reference`: the full-precision point, already measured on these windows; null when this is it. */
  constructor(
    readonly point: string,
    text: ScoredText,
    readonly reference: Measurement | null,
    made: readonly Measure[] = all,
  ) {
    this.#gatherings = made.map((measure) => measure(text));
  }

  /** Adds the next window. A NumericError when a loss is not finite. */
  add(scores: Omit<ScoredWindow, 'base'>): void {
    const window = this.nll.length;
    const bad = scores.nll.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) {
      throw new NumericError(
        'not-finite',
        `${this.point}: the loss of token ${bad} in window ${window} is not finite. ` +
          (this.reference
            ? 'The quantized weights make activations overflow; choose more bits or a smaller group.'
            : 'The checkpoint itself gives such activations in float32; its weights are damaged or not of this architecture.'),
        { point: this.point, window, token: bad },
      );
    }
    this.nll.push(scores.nll);
    const base = this.reference?.nll[window];
    const all = { ...scores, base };
    if (scores.choice?.right === false || scores.picture === 'other') {
      for (const gathering of this.#gatherings) gathering.addOther?.(all);
      return;
    }
    this.#told.push(window);
    this.#tokens += scores.nll.length;
    for (const gathering of this.#gatherings) gathering.add(all);
  }

  /** Mean loss of every window that is measured by, nats per token, to 1e-6: a number a window is what a log can carry. */
  losses(): number[] {
    return this.#told.map((index) => {
      const window = this.nll[index] as Float32Array;
      return Number((window.reduce((a, b) => a + b, 0) / window.length).toFixed(6));
    });
  }

  /** What measures tell block by block. */
  byBlock(): ByBlock {
    return Object.assign({}, ...this.#gatherings.map((gathering) => gathering.byBlock?.() ?? {})) as ByBlock;
  }

  measured(): Measured {
    const values = Object.assign({}, ...this.#gatherings.map((gathering) => gathering.values())) as Values;
    return { windows: this.#told.length, tokens: this.#tokens, values };
  }
}
