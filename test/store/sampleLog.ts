/** A made-up run for the page's tests: the shape of a real one (rtn and gptq at six widths), with numbers from a formula. */
import type { Estimate, PlannedPoint, PointResult, Quality, RunEvent, Size } from '../../src/log/events';
import { siteId } from '../../src/model/siteId';
import { recipes } from '../../src/quant/recipe/recipes';

const windowsTotal = 8;
const fullPerplexity = 6.2;
const widths = [8, 6, 5, 4, 3, 2] as const;

const around = (mean: number, relative: number): Estimate => ({
  mean,
  low: mean * (1 - relative),
  high: mean * (1 + relative),
});

/** ln ratio of a method at a width: four times less per bit, as noise of a uniform grid; GPTQ at 40 % of RTN. */
const lnRatioOf = (method: string, bits: number) => (method === 'gptq' ? 0.4 : 1) * 2.2 * 4 ** (2 - bits);

function quality(method: string | null, bits: number, windows: number): Quality {
  const spread = 0.04 / Math.sqrt(windows);
  const common = { windows, tokens: windows * 255 };
  const bitsPerByte = around(0.9, spread);
  if (method === null) return { ...common, values: { perplexity: around(fullPerplexity, spread), bitsPerByte } };
  const lnRatio = lnRatioOf(method, bits) * (1 + 0.1 / windows);
  return {
    ...common,
    values: {
      perplexity: around(fullPerplexity * Math.exp(lnRatio), spread),
      bitsPerByte,
      lnRatio: around(lnRatio, 4 * spread),
      kld: around(lnRatio * 0.9, 3 * spread),
      kld99: { mean: lnRatio * 6, low: NaN, high: NaN },
      top1: around(Math.exp(-lnRatio / 2), spread / 4),
    },
  };
}

/** Seven tenths of the weights are quantized; a megabyte for 32 bits of all. */
export function sizeOfSample(bitsPerWeight: number, quantized: unknown): Size {
  const bitsPerWeightAll = quantized ? 0.7 * bitsPerWeight + 0.3 * 32 : 32;
  return { bitsPerWeight, bitsPerWeightAll, megabytes: bitsPerWeightAll * 0.0325 };
}

const sizeAt = ({ bits, assignment }: PlannedPoint) => sizeOfSample(bits ? bits + 0.25 : 32, assignment);

function result(point: PlannedPoint, { values, tokens }: Quality): PointResult {
  const { id, method, bits, group } = point;
  return {
    ...{ id, method, bits, group, values, tokens },
    size: sizeAt(point),
    seconds: 1.5,
    hash: (bits + method.length * 16).toString(16).padStart(64, '0'),
  };
}

export function sampleLog(): RunEvent[] {
  const points: PlannedPoint[] = widths.flatMap((bits) =>
    recipes
      .filter(({ name }) => name === 'rtn' || name === 'gptq')
      .map(({ name, recipe }) => ({
        id: `${name}-${bits}`,
        method: name,
        assignment: { all: recipe(bits, 32) },
        bits,
        group: 32,
      })),
  );
  const reference: PlannedPoint = {
    id: 'full-precision',
    method: 'full-precision',
    assignment: null,
    bits: 0,
    group: null,
  };
  const events: RunEvent[] = [
    {
      type: 'run-started',
      app: '0.1.0',
      at: '2026-01-02T03:04:05.000Z',
      settings: {
        points: [reference, ...points],
        protocol: 'gptq',
        context: 256,
        maxTokens: 8192,
        calibrationTokens: 8192,
        mode: 'shared',
        seed: 0,
      },
      model: {
        name: 'sample-260K',
        architecture: 'llama',
        parameters: 260_000,
        linearParameters: 182_000,
        dtypes: ['F32'],
        bytes: 1_040_000,
        layers: 2,
        hidden: 64,
        heads: 8,
        keyValueHeads: 4,
        vocabulary: 512,
        maxContext: 512,
        tiedEmbeddings: true,
        blocks: [
          { name: 'embedding', parameters: 78_000, bytes: 312_000 },
          { name: 'block 0', parameters: 91_000, bytes: 364_000 },
          { name: 'block 1', parameters: 91_000, bytes: 364_000 },
        ],
        verdict: { kind: 'fits', reason: 'all weights fit on the GPU' },
        fingerprint: '0123456789abcdef',
      },
      adapter: { name: 'sample adapter', vendor: 'sample', architecture: '', features: [], limits: {} },
      calibration: { label: 'Stories (calibration)', fingerprint: 'c'.repeat(16), bytes: 90_000, tokens: 30_000 },
      evaluation: { label: 'Stories (evaluation)', fingerprint: 'e'.repeat(16), bytes: 90_000, tokens: 30_000 },
    },
  ];
  const results: PointResult[] = [];
  let seconds = 0;
  for (const point of [reference, ...points]) {
    const method = point.assignment ? point.method : null;
    events.push({ type: 'point-started', point: point.id });
    if (method) {
      for (let block = 0; block < 2; block++) {
        for (const [i, site] of ['attention.qkv', 'attention.output', 'mlp.gate-up', 'mlp.down'].entries()) {
          const nearestLoss = lnRatioOf('rtn', point.bits) * (1 + i + block);
          if (method === 'gptq' && point.bits === 2 && site === 'mlp.down' && block === 1) {
            events.push({
              type: 'damping-raised',
              point: point.id,
              site: siteId(block, site),
              from: 0.01,
              to: 0.02,
              attempt: 1,
            });
          }
          events.push({
            type: 'site-quantized',
            point: point.id,
            site: siteId(block, site),
            layers: [site],
            rows: 64,
            cols: 64,
            energy: 40 + i,
            nearestLoss,
            loss: method === 'gptq' ? nearestLoss * (0.4 + 0.05 * i) : nearestLoss,
            damping: method === 'gptq' ? 0.01 : 0,
            bits: point.bits + 0.25,
            hash: `${block}${i}${point.bits}${method.length}`.padEnd(64, 'a'),
            seconds: 0.02 * (i + 1),
            resumed: false,
          });
        }
      }
    }
    for (let windows = 1; windows <= windowsTotal; windows++) {
      seconds += 0.2;
      events.push({
        type: 'progressed',
        phase: 'evaluating',
        point: point.id,
        done: seconds / (0.2 * windowsTotal * 13),
        secondsElapsed: seconds,
        secondsLeft: 0.2 * windowsTotal * 13 - seconds,
      });
      events.push({
        type: 'window-evaluated',
        point: point.id,
        windowsTotal,
        size: sizeAt(point),
        quality: quality(method, point.bits, windows),
      });
    }
    const finished = result(point, quality(method, point.bits, windowsTotal));
    results.push(finished);
    events.push({ type: 'point-finished', result: finished });
  }
  events.push({ type: 'run-finished', points: results, secondsElapsed: seconds });
  return events;
}
