/** A made-up run for tests of links and logs: numbers as a sweep gives them, seeded. */
import type { PlannedPoint, PointResult, RunEvent } from '../../src/log/events';
import type { SharedRun } from '../../src/log/link/sharedRun';
import { createRng } from '../../src/util/rng';

const methods = ['rtn', 'gptq', 'gptq-act-order', 'awq-gptq', 'quip'];
const widths = [8, 7, 6, 5, 4, 3, 2, 9];

export function plannedPoints(count: number): PlannedPoint[] {
  const reference: PlannedPoint = {
    id: 'full-precision',
    method: 'full-precision',
    assignment: null,
    bits: 0,
    group: null,
  };
  const rest = Array.from({ length: count - 1 }, (_, i): PlannedPoint => {
    const method = methods[i % methods.length] as string;
    const bits = widths[Math.floor(i / methods.length)] as number;
    return {
      id: `${method}-${bits}`,
      method,
      bits,
      group: 32,
      assignment: {
        all: {
          transform: method === 'awq-gptq' ? [{ name: 'permute', order: 'activation' }] : [],
          grid: { name: 'uniform', bits, group: 32, symmetric: false, clip: 'min-max' },
          rounding:
            method === 'rtn'
              ? { name: 'nearest' }
              : { name: 'compensate', damping: 0.01, block: 128, order: method === 'gptq' ? 'none' : 'activation' },
          correction: [],
        },
      },
    };
  });
  return [reference, ...rest];
}

export function madeUpResult(point: PlannedPoint, seed = 1): PointResult {
  const rng = createRng(seed).fork(point.id);
  const full = point.assignment === null;
  const lnRatio = full ? 0 : rng.uniform() * 4 ** (4 - point.bits);
  const ln = 1.4075936 + lnRatio;
  const half = 0.03 + 0.01 * rng.uniform();
  const halfRatio = lnRatio * 0.07 * (1 + rng.uniform());
  const kld = lnRatio * (1 + rng.uniform() / 5);
  const top1 = 1 - Math.min(0.9, kld / 2 + rng.uniform() * 0.01);
  return {
    id: point.id,
    method: point.method,
    bits: point.bits,
    group: point.group,
    size: {
      bitsPerWeight: full ? 32 : point.bits + (16 + point.bits) / 32,
      bitsPerWeightAll: full ? 32 : point.bits + 1.84321,
      megabytes: ((full ? 32 : point.bits + 1.84321) * 260_032) / 8e6,
    },
    values: {
      perplexity: around(Math.exp(ln), Math.exp(ln - half), Math.exp(ln + half)),
      bitsPerByte: alone(ln / Math.LN2 / 2.71),
      ...(full
        ? {}
        : {
            lnRatio: around(lnRatio, lnRatio - halfRatio, lnRatio + halfRatio),
            kld: around(kld, Math.max(0, kld * 0.93), kld * 1.07),
            kld99: alone(kld * 9.3),
            top1: around(top1, top1 - 0.01, Math.min(1, top1 + 0.01)),
          }),
    },
    tokens: 10_200,
    seconds: 1 + 20 * rng.uniform(),
    hash: Array.from({ length: 64 }, () => rng.integer(16).toString(16)).join(''),
  };
}

const around = (mean: number, low: number, high: number) => ({ mean, low, high });
const alone = (mean: number) => ({ mean, low: NaN, high: NaN });

export function madeUpShare(count: number, seed = 1): SharedRun {
  const points = plannedPoints(count);
  return {
    app: '0.1.0',
    model: { label: 'stories260K-f32', fingerprint: '0123456789abcdef', architecture: 'llama', parameters: 260_032 },
    evaluation: { label: 'tinystories-head.txt', fingerprint: 'fedcba9876543210' },
    calibration: { label: 'calibration.txt', fingerprint: '00112233aabbccdd' },
    adapter: 'llvmpipe (LLVM 15.0.7, 256 bits)',
    settings: {
      points,
      protocol: 'gptq',
      context: 256,
      maxTokens: 10_240,
      calibrationTokens: 16_384,
      mode: 'shared',
      seed: 1,
    },
    results: points.map((point) => madeUpResult(point, seed)),
  };
}

/** A log with every kind of event. */
export function madeUpLog(): RunEvent[] {
  const share = madeUpShare(3);
  const { points } = share.settings;
  const place = { point: 'rtn-8', site: 'decoder.0.attention.qkv' };
  const estimate = { mean: 4, low: 3.5, high: 4.5 };
  return [
    {
      type: 'run-started',
      app: share.app,
      at: '2026-01-01T00:00:00.000Z',
      settings: share.settings,
      model: {
        name: 'stories260K-f32',
        architecture: 'llama',
        parameters: 260_032,
        linearParameters: 225_000,
        dtypes: ['F32'],
        bytes: 1_040_128,
        layers: 5,
        hidden: 64,
        heads: 8,
        keyValueHeads: 4,
        vocabulary: 512,
        maxContext: 512,
        tiedEmbeddings: true,
        blocks: [{ name: 'block 0', parameters: 45_000, bytes: 180_000 }],
        verdict: { kind: 'fits', reason: 'all of it' },
        fingerprint: '0123456789abcdef',
      },
      adapter: {
        name: share.adapter,
        vendor: 'mesa',
        architecture: '',
        features: ['timestamp-query'],
        limits: { maxBufferSize: 268_435_456 },
      },
      calibration: { label: 'c.txt', fingerprint: 'aa', bytes: 100, tokens: 30 },
      evaluation: { label: 'e.txt', fingerprint: 'bb', bytes: 100, tokens: 30 },
    },
    { type: 'run-resumed', sitesKept: 2 },
    { type: 'progressed', phase: 'calibrating', point: null, done: 0.1, secondsElapsed: 1, secondsLeft: null },
    { type: 'site-calibrated', point: null, site: 'decoder.0.attention.qkv', tokens: 256, seconds: 0.1 },
    { type: 'point-started', point: 'rtn-8' },
    { type: 'damping-raised', from: 0.01, to: 0.02, attempt: 1, ...place },
    { type: 'fallback-used', wanted: 'compensate', used: 'nearest', reason: 'no tokens', ...place },
    {
      type: 'site-quantized',
      ...place,
      layers: ['q', 'k', 'v'],
      rows: 128,
      cols: 64,
      energy: 10,
      nearestLoss: null,
      loss: 0.1,
      damping: 0.01,
      bits: 8.5,
      hash: 'ab',
      seconds: 0.2,
      resumed: false,
    },
    {
      type: 'window-evaluated',
      point: 'rtn-8',
      windowsTotal: 40,
      quality: {
        windows: 1,
        tokens: 255,
        values: { perplexity: estimate, bitsPerByte: alone(1), lnRatio: estimate, kld99: alone(0.1), top1: estimate },
      },
    },
    ...points.map((point): RunEvent => ({ type: 'point-finished', result: madeUpResult(point) })),
    { type: 'run-stopped', secondsElapsed: 3 },
    { type: 'run-failed', error: { name: 'GpuError', code: 'x', message: 'y', details: { a: 1 } }, secondsElapsed: 3 },
    { type: 'run-finished', points: points.map((point) => madeUpResult(point)), secondsElapsed: 4 },
  ];
}
