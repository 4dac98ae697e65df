/** What a run tells of experts, block by block. */
import { describe, expect, it } from 'vitest';
import { describeExperts } from '../../src/cli/print';
import { expertBlocks } from '../../src/log/experts';
import type { RunEvent } from '../../src/log/events';
import { emptyRun, foldEvents } from '../../src/store/runView';

type Solved = Extract<RunEvent, { type: 'site-quantized' }>;

const calibrated = (site: string, tokens: number, point: string | null = null): RunEvent => ({
  ...{ type: 'site-calibrated', point, site, tokens, seconds: 0 },
});
const spread = { before: [1], after: [1] };
const solved = (site: string, cols: number, rank: number | null, point = 'gptq-3'): Solved => ({
  ...{ type: 'site-quantized', point, site, layers: ['w'], rows: 8, cols, energy: 1, nearestLoss: 1, loss: 1 },
  ...{ damping: 0, bits: 3, hash: 'ab', seconds: 0, resumed: false },
  insight: {
    ...{ outliers: { before: 1, after: 1 }, weights: spread, inputs: null },
    ...(rank !== null && { moment: { inputs: cols, rank, condition: 9 } }),
  },
});

const log: readonly RunEvent[] = [
  calibrated('decoder.0.attention.qkv', 1000),
  calibrated('decoder.0.expert.0.gate-up', 700),
  calibrated('decoder.0.expert.0.down', 700),
  calibrated('decoder.0.expert.1.gate-up', 1300),
  calibrated('decoder.0.expert.1.down', 1300),
  // Another part of the text: the point was solved on the first.
  calibrated('decoder.0.expert.0.gate-up', 5),
  solved('decoder.0.attention.qkv', 16, 3),
  solved('decoder.0.expert.0.gate-up', 16, 12),
  solved('decoder.0.expert.0.down', 24, 1),
  solved('decoder.0.expert.1.gate-up', 16, 14.4),
  solved('decoder.0.expert.1.gate-up', 16, 2, 'gptq-2'),
  solved('decoder.2.expert.0.gate-up', 16, null, 'rtn-3'),
];
const run = foldEvents(emptyRun, log);

describe('the experts of a run', () => {
  it('are told block by block: tokens of each, and ranks of what their first layers read', () => {
    expect(expertBlocks('gptq-3', { ...run, rerouted: [] })).toEqual([
      { block: 0, rerouted: null, tokens: [700, 1300], ranks: { least: 12, most: 14.4, inputs: 16 } },
    ]);
  });

  it('have no tokens and no ranks where nothing was calibrated, and take what was measured of the point', () => {
    const value = { block: 2, mean: 0.5, low: 0.4, high: 0.6 };
    expect(expertBlocks('rtn-3', { ...run, rerouted: [value] })).toEqual([
      { block: 2, rerouted: value, tokens: [], ranks: null },
    ]);
    expect(expertBlocks('rtn-4', { ...run, rerouted: [] })).toEqual([]);
  });

  it('are those of the point where each point has a calibration of its own', () => {
    const own = [calibrated('decoder.0.expert.1.gate-up', 9, 'gptq-2'), ...log];
    const [block] = expertBlocks('gptq-2', { ...foldEvents(emptyRun, own), rerouted: [] });
    expect(block?.tokens).toEqual([700, 9]);
  });

  it('are a line a block on the command line', () => {
    expect(describeExperts(log.filter((event) => !('point' in event) || event.point !== 'gptq-2'))).toBe(
      '\nexperts of block 0: 700 to 1300 calibration tokens each, 12 to 14 of 16 directions filled',
    );
    expect(describeExperts(log.slice(0, 7))).toBe(null);
  });
});
