/** A few pictures with texts for the tiny model that looks at pictures, whose text is its ids. */
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { Picture } from '../../src/formats/pictures/picture';
import type { PictureRecord, PictureSet } from '../../src/formats/pictures/pictureSet';
import type { PictureTask } from '../../src/lab/pictureWindows';
import { idTokenizer, tinyCheckpoint } from './tiny';

export const tokenizer = idTokenizer(1);
const said = (...ids: number[]) => tokenizer.decode(ids);
export const templates = { caption: '<image>{caption}', question: `<image>{question}${said(7)}{answer}` };
export const preprocessor = { image_processor_type: 'CLIPImageProcessor', size: 28, crop_size: 28 };

/** Three pictures that differ. */
export function picture(name: string): Picture {
  const seed = name.charCodeAt(0);
  const rgb = Uint8Array.from({ length: 3 * 40 * 30 }, (_, i) => (i * i * seed) >> 3);
  return { width: 40, height: 30, rgb };
}

export const records: readonly PictureRecord[] = [
  { image: 'a.png', kind: 'caption', caption: said(40, 41, 42) },
  { image: 'b.png', kind: 'caption', caption: said(50, 3) },
  {
    ...{ image: 'c.png', kind: 'question', question: said(20, 21) },
    ...{ answer: said(30), choices: [said(31), said(30), said(32, 33)] },
  },
  { image: 'a.png', kind: 'question', question: said(22), answer: said(9), choices: [said(9), said(10)] },
];

export const set: PictureSet = {
  label: 'set.jsonl',
  records,
  hashes: new Map(records.map(({ image }) => [image, `hash of ${image}`])),
  picture: (image) => Promise.resolve(picture(image)),
  identity: 'four records',
};
export const task: PictureTask = { set, templates };

/** Other pictures with captions of 2 to 9 ids, so many of them. */
export function captions(count: number): PictureSet {
  const images = Array.from({ length: count }, (_, i) => String.fromCharCode(0x61 + 3 + i));
  return {
    label: 'captions.jsonl',
    records: images.map((image, i) => ({
      ...{ image, kind: 'caption' },
      caption: said(...Array.from({ length: 2 + (i % 4) * 2 }, (_, j) => 8 + ((i * 11 + j * 7) % 40))),
    })),
    hashes: new Map(images.map((image) => [image, `hash of ${image}`])),
    picture: (image) => Promise.resolve(picture(image)),
    identity: `${count} captions`,
  };
}

export async function llava(): Promise<Checkpoint> {
  const checkpoint = await tinyCheckpoint('llava', null);
  return {
    ...checkpoint,
    preprocessor: () => Promise.resolve({ json: preprocessor, file: 'preprocessor_config.json' }),
  };
}
