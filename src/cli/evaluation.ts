/** What is evaluated: a text, or pictures with what is told of them. */
import { openAsBlob } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readPictureSet } from '../formats/pictures/pictureSet';
import type { LabelledText } from '../formats/text';
import type { PictureTask } from '../lab/pictureWindows';
import type { Protocol } from '../log/events';
import { usualTemplates } from '../measures/sequences';
import { present } from '../util/assert';
import { fileAt, readTextPath } from './files';
import { choiceOf, refused, textOf, type Given } from './options';

/** Options that say something of pictures alone. */
const ofPictures = ['tell', 'ask', 'other-pictures'] as const;

/** A RecipeError where both are given. */
export async function evaluationOf(
  given: Given,
): Promise<{ readonly evaluation: LabelledText; readonly pictures?: PictureTask }> {
  const images = textOf(given, 'images');
  const text = textOf(given, 'text');
  if (images === null) {
    const stray = ofPictures.find((name) => given.has(name));
    if (stray) throw refused(`--${stray} is for pictures; add --images FILE.jsonl`);
    return { evaluation: await readTextPath(present(text, 'a text')) };
  }
  if (text !== null) throw refused('--text and --images are two evaluations; give one of them');
  const folder = dirname(images);
  const source = async (path: string, what: string) => ({ path, blob: await openAsBlob(await fileAt(path, what)) });
  const file = { ...(await source(images, 'the list of pictures')), path: basename(images) };
  const set = await readPictureSet(file, (image) => source(join(folder, image), 'the picture'));
  const templates = {
    caption: templateOf(given, 'tell') ?? usualTemplates.caption,
    question: templateOf(given, 'ask') ?? usualTemplates.question,
  };
  // What is evaluated is the texts as they are written, so their templates are part of what it is called by.
  const identity = [set.identity, templates.caption, templates.question].join('\n');
  return { evaluation: { label: set.label, text: identity }, pictures: { set, templates } };
}

/** A template as it is typed: a backslash and an n are the end of a line. */
const templateOf = (given: Given, name: string): string | undefined => textOf(given, name)?.replaceAll('\\n', '\n');

export function protocolOf(given: Given): Protocol {
  if (!given.has('images')) return choiceOf(given, 'protocol', 'gptq', ['gptq', 'llama.cpp']);
  if (given.has('protocol')) throw refused('--protocol is for texts; pictures have one of their own');
  return given.has('other-pictures') ? 'other-pictures' : 'pictures';
}
