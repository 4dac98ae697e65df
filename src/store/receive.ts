/** Where files go that were dropped or chosen: told apart, then to whoever reads them. A chunk of its own: nothing is dropped on the first screen. */
import type { SourceFile } from '../worker/protocol';
import type { Bench } from './bench';
import type { Checkpoints } from './checkpoints';
import { refusalWords, sortDropped, type DroppedSet } from './dropped';
import { bytes, listed } from './format';
import { errorNotice, notice } from './notices';
import { ofPictures } from './plan';
import type { Runs } from './runs';
import type { Texts } from './texts';

interface Readers {
  readonly texts: Pick<Texts, 'add' | 'addText'>;
  readonly runs: Pick<Runs, 'replay'>;
  readonly checkpoints: Pick<Checkpoints, 'openFiles'>;
}

export async function receive(bench: Bench, to: Readers, files: readonly SourceFile[]): Promise<void> {
  const { checkpoint, texts, sets, logs, refused } = await sortDropped(files);
  const { card } = bench.store.getState().checkpoint;
  if (refused.length) {
    const { title, text } = refusalWords(refused, card);
    bench.notify(notice('error', title, text, { topic: 'checkpoint' }));
  }
  for (const text of texts) to.texts.addText(text);
  for (const set of sets) await addPictures(bench, to.texts, set);
  const log = logs.at(-1);
  if (log) await to.runs.replay(log);
  if (checkpoint.length) await to.checkpoints.openFiles(checkpoint);
}

/** Takes in a set of pictures that can be read: what is evaluated on next where the open model looks at pictures. */
async function addPictures({ store, engine, notify }: Bench, texts: Readers['texts'], set: DroppedSet): Promise<void> {
  const { list, pictures } = set;
  const label = list.path.split('/').at(-1) ?? list.path;
  try {
    const found = await engine.ask('pictures', { source: { ...list, label, pictures }, samples: 0 });
    const { card } = store.getState().checkpoint;
    const id = `${ofPictures}dropped:${label}`;
    const size = [list, ...pictures].reduce((sum, { blob }) => sum + blob.size, 0);
    const choice = { id, label, kind: 'dropped', bytes: size, note: '', pictures: found.pictures };
    const looks = card?.pictures !== undefined;
    texts.add(choice, () => Promise.resolve({ ...list, pictures }), looks ? { evaluation: id } : {});
    const counted = ([count, one]: readonly [number, string]) =>
      count ? [`${count} ${count === 1 ? one : `${one}s`}`] : [];
    const has = [
      [found.pictures, 'picture'],
      [found.captions, 'caption'],
      [found.questions, 'question'],
    ] as const;
    const inIt = `${listed(has.flatMap(counted))}, ${bytes(size)}.`;
    if (looks) notify(notice('note', `Evaluation pictures: ${label}`, `${inIt} The next run is measured on them.`));
    else if (card) notify(notice('warning', `${card.name} takes no pictures`, `${label} is here: ${inIt} ${openOne}`));
    else notify(notice('note', `${label} is here`, `${inIt} ${openOne}`));
  } catch (error) {
    notify(errorNotice(`${label} did not open`, error));
  }
}

const openOne = 'Open a model that looks at pictures (LLaVA, Idefics3, SmolVLM), then choose it under Texts.';
