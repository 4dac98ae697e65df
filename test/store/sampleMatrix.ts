/** A made-up run of the combination matrix at 3 bits in groups of 64: every possible cell, losses by a formula, insight on every layer. */
import type { PlannedPoint, RunEvent } from '../../src/log/events';
import { combinationMatrix } from '../../src/quant/recipe/combinations';
import { meanOf } from '../meanOf';
import { sampleLog } from './sampleLog';

const bell = (centre: number, width: number) =>
  Array.from({ length: 32 }, (_, i) => Math.round(1000 * Math.exp(-(((i - centre) / width) ** 2))));

/** `spread`: half an interval of the ln ratio over its value. */
export function sampleMatrixLog(spread = 0.03): RunEvent[] {
  const source = sampleLog();
  const [started] = source;
  const finished = source.find((event) => event.type === 'point-finished' && event.result.id === 'gptq-3');
  const layers = source.filter((event) => event.type === 'site-quantized' && event.point === 'gptq-3');
  const full = source.find((event) => event.type === 'point-finished' && !event.result.values['lnRatio']);
  if (started?.type !== 'run-started' || finished?.type !== 'point-finished' || full?.type !== 'point-finished') {
    throw new Error('the sample begins otherwise');
  }
  const points = combinationMatrix({ bits: 3, group: 64, cross: 'missing' })
    .cells.flat()
    .flatMap(({ id, method, recipe }): PlannedPoint[] =>
      recipe ? [{ id, method, assignment: { all: recipe }, bits: 3, group: 64 }] : [],
    );
  const results = points.map(({ id, method }, i) => {
    const place = (i * 29) % points.length;
    // The first stands apart from the others by more than another calibration text would change.
    const lnRatio = place === 0 ? 0.012 : 0.02 * 1.07 ** place;
    const perplexity = meanOf(full.result) * Math.exp(lnRatio);
    const around = (mean: number, share: number) => ({ mean, low: mean * (1 - share), high: mean * (1 + share) });
    // A correction stores something beside the codes.
    const bitsPerWeight = method.includes('lowRank') ? 3.62 : method.includes('keep') ? 3.31 : 3.25;
    return {
      ...finished.result,
      ...{ id, method, group: 64 },
      size: { ...finished.result.size, bitsPerWeight },
      values: {
        ...finished.result.values,
        perplexity: around(perplexity, 0.04),
        lnRatio: around(lnRatio, spread),
      },
    };
  });
  const [reference] = started.settings.points;
  return [
    { ...started, settings: { ...started.settings, points: [...(reference ? [reference] : []), ...points] } },
    full,
    ...points.flatMap(({ id }, i): RunEvent[] => [
      { type: 'point-started', point: id },
      ...layers.flatMap((event): RunEvent[] =>
        event.type === 'site-quantized'
          ? [
              {
                ...event,
                point: id,
                // The second cell left every layer as rounding to nearest does.
                loss: i === 1 ? event.nearestLoss : event.loss,
                hash: event.hash.replace(/^..../, String(1000 + i)),
                insight: {
                  outliers: { before: 12.5, after: 4.25 },
                  weights: { before: bell(16, 5), after: bell(16, 3) },
                  inputs: { before: bell(16, 6), after: bell(16, 2) },
                },
              },
            ]
          : [],
      ),
      { type: 'point-finished', result: results[i] as (typeof results)[number] },
    ]),
    { type: 'run-finished', points: [full.result, ...results], secondsElapsed: 9 },
  ];
}
