/** A run on pictures of VILA, whose tokenizer has no token for them: places lie outside the vocabulary, and are no tokens of a text. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import { readPreparation } from '../../src/formats/pictures/preparation';
import { prepare } from '../../src/formats/pictures/prepare';
import type { PictureTask } from '../../src/lab/pictureWindows';
import { sequencesOf } from '../../src/measures/sequences';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { collect, finished, idTokenizer, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const tokenizer = idTokenizer(1);
const preprocessor = { image_processor_type: 'SiglipImageProcessor', size: { height: 20, width: 20 } };
/** Wider than high: the shape is not kept. */
const picture = { width: 40, height: 30, rgb: Uint8Array.from({ length: 3 * 40 * 30 }, (_, i) => (i * i) >> 3) };
const record = { image: 'a.png', kind: 'caption', caption: tokenizer.decode([40, 41, 42, 7]) } as const;
const task: PictureTask = {
  set: {
    label: 'set.jsonl',
    records: [record],
    hashes: new Map([['a.png', '0']]),
    picture: () => Promise.resolve(picture),
    identity: 'one record',
  },
};

async function vila(): Promise<Checkpoint> {
  const checkpoint = await tinyCheckpoint('vila', null);
  return { ...checkpoint, preprocessor: () => Promise.resolve({ json: preprocessor, file: 'p.json' }) };
}

describe('a run on pictures that no token stands for', () => {
  it('measures what is told behind them, and verifies changes of basis on its text', async () => {
    const gpu = await testGpu();
    const checkpoint = await vila();
    const model = await openModel(gpu, checkpoint);
    const tower = present(model.tower, 'a tower');
    const [sequence] = sequencesOf(tokenizer, record, 0, tower, null);
    const { ids, first } = present(sequence, 'a sequence');
    expect([...ids]).toEqual([...Array<number>(9).fill(64), 40, 41, 42, 7]);
    const { pixels } = prepare(picture, readPreparation(preprocessor, 'p'), 'whole');
    const logits = await modelLogits(gpu, model, ids, pixels);
    const nll = Array.from({ length: ids.length - first }, (_, i) => {
      const row = logits.subarray((first + i - 1) * 64, (first + i) * 64);
      return Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - (row[ids[first + i] as number] as number);
    });
    const settings = tinySettings([point('quarot-rtn', 3), point('gptq', 3)], { protocol: 'pictures', context: 32 });
    const events = await collect(
      await tinyInput(gpu, settings, { checkpoint, calibration: null, pictures: task, calibrationPictures: task }),
    );
    const [full, rotated, compensated] = finished(events);
    const want = Math.exp(nll.reduce((a, b) => a + b, 0) / nll.length);
    expect((full?.values['perplexity']?.mean ?? 0) / want).toBeCloseTo(1, 4);
    for (const one of [rotated, compensated]) expect(one?.values['kld']?.mean).toBeGreaterThan(0);
    expect(events.find(({ type }) => type === 'rotation-verified')).toMatchObject({ tokens: 3 });
  });
});
