/** A measured point as one flat row: what the table, the link and the command line show. Pure. */
import { NumericError } from '../util/errors';
import type { PlannedPoint, PointResult, Quality } from './events';

/** What a result holds beside its quality. */
export type Remainder = Pick<PointResult, 'bitsPerWeight' | 'bitsPerWeightAll' | 'megabytes' | 'seconds' | 'hash'>;

/** @throws NumericError when perplexity is not a finite number. */
export function pointResult(point: PlannedPoint, quality: Quality, remainder: Remainder): PointResult {
  const { perplexity, lnRatio, kld, kld99, top1, bitsPerByte, tokens } = quality;
  if (!Number.isFinite(perplexity.mean)) {
    throw new NumericError('not-finite', `${point.id}: perplexity is ${perplexity.mean}; expected a finite number.`);
  }
  return {
    id: point.id,
    recipe: point.method,
    bits: point.bits,
    group: point.group,
    ...remainder,
    perplexity: perplexity.mean,
    perplexityLow: perplexity.low,
    perplexityHigh: perplexity.high,
    lnRatio: lnRatio?.mean ?? null,
    lnRatioLow: lnRatio?.low ?? null,
    lnRatioHigh: lnRatio?.high ?? null,
    kld: kld?.mean ?? null,
    kldLow: kld?.low ?? null,
    kldHigh: kld?.high ?? null,
    kld99,
    top1: top1?.mean ?? null,
    top1Low: top1?.low ?? null,
    top1High: top1?.high ?? null,
    bitsPerByte,
    tokens,
  };
}
