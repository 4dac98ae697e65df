/**
 * What K widths cost beside one, in shared mode on the bundled demo: one calibration and one factorisation serve them all. Counts
 * calibration and solving as the log tells them; measuring the points is not part of it. Runs alternate; the median ratio is told.
 */
import { resolve } from 'node:path';
import { openModelPath, readTextPath } from '../../src/cli/files';
import type { Gpu } from '../../src/gpu/gpu';
import type { PlannedPoint } from '../../src/log/events';
import { memoryStore } from '../../src/lab/siteStore';
import { run } from '../../src/lab/run';
import { findMethod } from '../../src/quant/recipe/recipes';
import { assert, present } from '../../src/util/assert';

const allWidths = [8, 6, 5, 4, 3, 2];

export async function benchWidths(gpu: Gpu, rounds: number, print: (line: string) => void): Promise<void> {
  const checkpoint = await openModelPath(resolve('public/demo/level-100'));
  const text = (name: string) => readTextPath(resolve('public/corpora', name));
  const evaluation = await text('evaluation-stories.txt');
  const calibration = await text('calibration-stories.txt');

  /** Seconds of calibration and solving of GPTQ at these widths. */
  const cost = async (widths: readonly number[]): Promise<number> => {
    const points = widths.map((bits): PlannedPoint => ({
      id: `gptq-${bits}`,
      method: 'gptq',
      assignment: { all: present(findMethod('gptq'), 'gptq').recipe(bits, null) },
      bits,
      group: null,
    }));
    let seconds = 0;
    const events = run({
      gpu,
      checkpoint,
      calibration,
      evaluation,
      settings: {
        points,
        protocol: 'gptq',
        context: 256,
        maxTokens: 256,
        calibrationTokens: 16_384,
        mode: 'shared',
        seed: 1,
      },
      keep: memoryStore(),
      signal: new AbortController().signal,
      appVersion: 'bench',
    });
    for await (const event of events) {
      assert(event.type !== 'run-failed', event.type === 'run-failed' ? event.error.message : '');
      if (event.type === 'site-calibrated' || event.type === 'site-quantized') seconds += event.seconds;
    }
    return seconds;
  };

  await cost(allWidths); // compiles
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const one = await cost([4]);
    const all = await cost(allWidths);
    ratios.push(all / one);
    print(`widths: one ${one.toFixed(2)} s, ${allWidths.length} ${all.toFixed(2)} s, ratio ${(all / one).toFixed(2)}`);
  }
  ratios.sort((a, b) => a - b);
  print(`widths: median ratio ${(ratios[Math.floor(rounds / 2)] as number).toFixed(2)} (${rounds} rounds)`);
}
