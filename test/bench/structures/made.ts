/** Made-up figures, for tests of what is decided by them. */
import type { PointResult } from '../../../src/log/events';
import { createRng, hash32, type Rng } from '../../../src/util/rng';
import type { Measured } from './results';
import type { RunFacts } from './results';
import { Study } from './study';

const windows = 48;

/** A point whose windows lose `lnRatio` more than full precision does, give or take a hundredth. */
export function measuredLike(lnRatio: number, rng: Rng, full = 0.5): Measured {
  const losses = Array.from({ length: windows }, (_, at) => full + 0.1 * Math.sin(at) + lnRatio + 0.01 * rng.normal());
  const mean = losses.reduce((a, b) => a + b, 0) / windows;
  const near = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01 });
  const result: PointResult = {
    ...{ id: 'made', method: 'made', bits: 3, group: null, tokens: 1, seconds: 1, hash: '' },
    size: { bitsPerWeight: 3.1, bitsPerWeightAll: 4, megabytes: 1 },
    values: { lnRatio: near(lnRatio), perplexity: near(Math.exp(mean)) },
  };
  return { result, losses, failure: null };
}

const failed = (failure: string): Measured => ({ result: null, losses: [], failure });

export interface Made {
  readonly level?: number;
  readonly set?: string;
  /** Loss of full precision, nats per token. */
  readonly full?: number;
  /** Mean KL of the rotated model; null where it was not looked at. */
  readonly rotated?: number | null;
  readonly scaled?: RunFacts['scaled'];
  readonly experts?: RunFacts['experts'];
  readonly bundled?: string;
}

/**
 * A study of models: by structure and name of a point its ln ratio, or why it cannot run. The points read a calibration text, which was long
 * enough to move nothing.
 */
export function studyWith(
  models: Readonly<Record<string, Readonly<Record<string, number | string | Measured>>>>,
  { level = 100, set, full = 0.5, rotated = 1e-12, scaled = null, experts = null, bundled }: Made = {},
  study = new Study(),
): Study {
  for (const [structure, points] of Object.entries(models)) {
    const where = { level, ...(set !== undefined && { set }) };
    const facts: RunFacts = {
      ...{
        rotated: rotated === null ? {} : { hadamard: rotated },
        scaled,
        experts,
        parameters: 500_000,
        vocabulary: 512,
        widestInputs: 128,
      },
    };
    const rng = (name: string) => createRng(hash32(`${structure} ${level} ${set} ${name}`));
    study.addModel({ structure, level, bundled: bundled ?? null, full: measuredLike(0, rng('full'), full), facts });
    study.addFacts(structure, where, facts);
    for (const [name, made] of Object.entries(points)) {
      const measured =
        typeof made === 'number' ? measuredLike(made, rng(name), full) : typeof made === 'string' ? failed(made) : made;
      const supply = { calibrated: false, calibration: { tokens: 16_384, inputs: 128, leaked: false } };
      study.addPoint(structure, where, name, { measured, supply });
    }
  }
  return study;
}
