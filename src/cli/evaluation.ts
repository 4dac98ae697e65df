/** What is evaluated, and what is calibrated on: texts, or pictures with what is told of them. */
import { openAsBlob } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readPictureSet } from '../formats/pictures/pictureSet';
import { pictureIdentity, type PictureTask } from '../lab/pictureWindows';
import type { RunInput } from '../lab/opening';
import type { Protocol } from '../log/events';
import { present } from '../util/assert';
import { fileAt, readTextPath } from './files';
import { choiceOf, refused, textOf, type Given } from './options';

/** Options that say something of pictures alone. */
const ofPictures = [
  { name: 'tell', of: ['images', 'calibration-images'] },
  { name: 'ask', of: ['images', 'calibration-images'] },
  { name: 'other-pictures', of: ['images'] },
] as const;

/** A RecipeError where both are given. */
export async function evaluationOf(given: Given): Promise<Pick<RunInput, 'evaluation' | 'pictures'>> {
  const images = textOf(given, 'images');
  const text = textOf(given, 'text');
  const stray = ofPictures.find(({ name, of }) => given.has(name) && !of.some((option) => given.has(option)));
  if (stray) throw refused(`--${stray.name} is for pictures; add --images FILE.jsonl`);
  if (images === null) return { evaluation: await readTextPath(present(text, 'a text')) };
  if (text !== null) throw refused('--text and --images are two evaluations; give one of them');
  const pictures = await pictureTask(given, images);
  return { evaluation: pictureIdentity(pictures), pictures };
}

export async function calibrationOf(given: Given): Promise<Pick<RunInput, 'calibration' | 'calibrationPictures'>> {
  const text = textOf(given, 'calibration');
  const images = textOf(given, 'calibration-images');
  return {
    calibration: text === null ? null : await readTextPath(text),
    ...(images !== null && { calibrationPictures: await pictureTask(given, images) }),
  };
}

async function pictureTask(given: Given, images: string): Promise<PictureTask> {
  const folder = dirname(images);
  const source = async (path: string, what: string) => ({ path, blob: await openAsBlob(await fileAt(path, what)) });
  const file = { ...(await source(images, 'the list of pictures')), path: basename(images) };
  const set = await readPictureSet(file, (image, line) => source(join(folder, image), `line ${line}: the picture`));
  const [caption, question] = [templateOf(given, 'tell'), templateOf(given, 'ask')];
  return { set, templates: { ...(caption && { caption }), ...(question && { question }) } };
}

/** A template as it is typed: a backslash and an n are the end of a line. */
const templateOf = (given: Given, name: string): string | undefined => textOf(given, name)?.replaceAll('\\n', '\n');

export function protocolOf(given: Given): Protocol {
  if (!given.has('images')) return choiceOf(given, 'protocol', 'gptq', ['gptq', 'llama.cpp']);
  if (given.has('protocol')) throw refused('--protocol is for texts; pictures have one of their own');
  return given.has('other-pictures') ? 'other-pictures' : 'pictures';
}
