/** A measured point as one flat row: what the table, the link and the command line show. Pure. */
import type { PlannedPoint, PointResult, Quality } from '../log/events';

/** What a result holds beside its quality. */
export type Remainder = Pick<PointResult, 'bitsPerWeight' | 'bitsPerWeightAll' | 'megabytes' | 'seconds' | 'hash'>;

export function pointResult(point: PlannedPoint, quality: Quality, remainder: Remainder): PointResult {
  const { perplexity, lnRatio, kld, kld99, top1, bitsPerByte, tokens } = quality;
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
