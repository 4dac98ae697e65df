/** The two small models that long benches measure on, each with texts to calibrate and to measure that have nothing in common. */
import { existsSync } from 'node:fs';
import { openModelPath, readTextPath } from '../../src/cli/files';
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { LabelledText } from '../../src/formats/text';

export interface Subject {
  readonly name: string;
  readonly model: string;
  readonly calibration: string;
  readonly evaluation: string;
}

const shared = '../shared/data';
export const subjects: readonly Subject[] = [
  {
    name: 'demo',
    model: 'public/demo/level-100',
    calibration: 'public/corpora/calibration-stories.txt',
    evaluation: 'public/corpora/evaluation-stories.txt',
  },
  {
    name: 'stories260K',
    model: `${shared}/models/stories260K-f32`,
    calibration: `${shared}/text/tinystories-head.txt`,
    evaluation: `${shared}/text/tinystories-head.txt`,
  },
];

/** ../shared does not lie beside every checkout. */
export const isHere = ({ model }: Subject): boolean => existsSync(model);

/** The model and its texts; of one file for both the first half calibrates and the second is measured. */
export async function openSubject({ model, calibration, evaluation }: Subject): Promise<{
  readonly checkpoint: Checkpoint;
  readonly calibration: LabelledText;
  readonly evaluation: LabelledText;
}> {
  const checkpoint = await openModelPath(model);
  const whole = await readTextPath(evaluation);
  if (calibration !== evaluation)
    return { checkpoint, calibration: await readTextPath(calibration), evaluation: whole };
  const half = Math.floor(whole.text.length / 2);
  return {
    checkpoint,
    calibration: { ...whole, text: whole.text.slice(0, half) },
    evaluation: { ...whole, text: whole.text.slice(half) },
  };
}
