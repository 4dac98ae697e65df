/** A made-up run of any size, as large as page and shelf must bear: 30 blocks of seven layers, 40 points. Numbers from a formula. */
import type { PlannedPoint, PointResult, Quality, RunEvent } from '../../src/log/events';
import { findMethod } from '../../src/quant/recipe/recipes';
import { siteId } from '../../src/model/siteId';
import { sampleLog, sizeOfSample } from './sampleLog';

export interface Size {
  readonly blocks: number;
  readonly methods: readonly string[];
  readonly widths: readonly number[];
  readonly windows: number;
}

/** 8 methods × 5 widths = 40 points; 30 blocks × 7 sites. */
export const big: Size = {
  blocks: 30,
  methods: ['rtn', 'gptq', 'awq', 'hqq', 'quarot', 'quip', 'ldlq', 'gptq-lorc'],
  widths: [4, 3, 8, 6, 2],
  windows: 8,
};

const sites = ['attention.q', 'attention.k', 'attention.v', 'attention.output', 'mlp.gate', 'mlp.up', 'mlp.down'];

export function bigLog({ blocks, methods, widths, windows }: Size = big): RunEvent[] {
  const [begun] = sampleLog();
  if (begun?.type !== 'run-started') throw new Error('a sample begins with its start');
  const points = widths.flatMap((bits) =>
    methods.map((name): PlannedPoint => {
      const recipe = findMethod(name)?.recipe(bits, 32);
      if (!recipe) throw new Error(`no method ${name}`);
      return { id: `${name}-${bits}`, method: name, assignment: { all: recipe }, bits, group: 32 };
    }),
  );
  const reference = begun.settings.points[0] as PlannedPoint;
  const events: RunEvent[] = [{ ...begun, settings: { ...begun.settings, points: [reference, ...points] } }];
  const results: PointResult[] = [];
  for (const [place, point] of [reference, ...points].entries()) {
    events.push({ type: 'point-started', point: point.id });
    const strength = 1 / (1 + methods.indexOf(point.method) / 2);
    const loss = point.assignment ? 3.2 * strength * 3.6 ** (2 - point.bits) : 0;
    for (let block = 0; point.assignment && block < blocks; block++) {
      for (const [i, site] of sites.entries()) {
        const nearestLoss = (1 + i) * (1 + block / blocks) * 4 ** -point.bits;
        events.push({
          type: 'site-quantized',
          point: point.id,
          site: siteId(block, site),
          layers: [site],
          rows: 64,
          cols: 64,
          energy: 40 + i,
          nearestLoss,
          loss: nearestLoss * (point.method === 'rtn' ? 1 : 0.4 + 0.08 * ((i * 5 + block * 3) % 7)),
          damping: 0.01,
          bits: point.bits + 0.25,
          hash: `${place}`.padStart(4, '0') + `${block}`.padStart(4, '0') + `${i}`.padStart(56, '0'),
          seconds: 0.02,
          resumed: false,
        });
        events.push({ type: 'progressed', phase: 'quantizing', point: point.id, ...clock(place, points.length) });
      }
    }
    for (let seen = 1; seen <= windows; seen++) {
      events.push({ type: 'progressed', phase: 'evaluating', point: point.id, ...clock(place, points.length) });
      events.push({
        type: 'window-evaluated',
        point: point.id,
        windowsTotal: windows,
        quality: qualityOf(point, loss, seen),
      });
    }
    const result = resultOf(point, qualityOf(point, loss, windows), place);
    results.push(result);
    events.push({ type: 'point-finished', result });
  }
  events.push({ type: 'run-finished', points: results, secondsElapsed: 100 });
  return events;
}

const clock = (place: number, count: number) => ({
  done: place / (count + 1),
  secondsElapsed: 2 * place,
  secondsLeft: 2 * (count - place),
});

function qualityOf({ assignment }: PlannedPoint, loss: number, windows: number): Quality {
  const perplexity = 6.2 * Math.exp(loss);
  const around = (mean: number, share: number) => ({ mean, low: mean * (1 - share), high: mean * (1 + share) });
  return {
    windows,
    tokens: windows * 255,
    values: {
      perplexity: around(perplexity, 0.02),
      bitsPerByte: around(0.9, 0.02),
      ...(assignment && {
        lnRatio: around(loss, 0.06),
        kld: around(loss * 0.9, 0.06),
        kld99: { mean: loss * 6, low: NaN, high: NaN },
        top1: around(Math.exp(-loss / 2), 0.01),
      }),
    },
  };
}

function resultOf(point: PlannedPoint, quality: Quality, place: number): PointResult {
  const { id, method, bits, group, assignment } = point;
  const { values, tokens } = quality;
  return {
    ...{ id, method, bits, group, values, tokens },
    size: sizeOfSample(assignment ? bits + 0.25 + (method === 'gptq-lorc' ? 0.8 : 0) : 32, assignment),
    seconds: 1.5,
    hash: place.toString(16).padStart(64, '0'),
  };
}
