/** Calibration and evaluation texts, and sets of pictures: the bundled ones, fetched when first used, and those that people drop. */
import type { SharedName } from '../log/link/sharedRun';
import { RecipeError } from '../util/errors';
import { sha256 } from '../util/hash';
import type { SourceFile, TextSource } from '../worker/protocol';
import { fetchOwn, fetchOwnJson } from './fetching';
import type { Bench } from './bench';
import { bytes } from './format';
import { errorNotice, notice } from './notices';
import { isPictures, ofPictures, type Setup } from './plan';
import type { TextChoice } from './state';

interface Pictures {
  readonly sets: readonly {
    readonly id: string;
    readonly label: string;
    readonly kind: string;
    readonly list: string;
    readonly pictures: readonly string[];
    readonly bytes: number;
    readonly note: string;
  }[];
}

/** What a choice is read from. */
type Source = () => Promise<Omit<TextSource, 'label'>>;

interface Manifest {
  readonly texts: readonly { id: string; label: string; file: string; kind: string; bytes: number; note: string }[];
}

export interface Texts {
  /** Drops in a text; it becomes the evaluation text. */
  addText(file: SourceFile): void;
  /** A choice in place of one of its id; `change` of the form goes with it. */
  add(choice: TextChoice, source: Source, change: Partial<Setup>): void;
  readManifest(): Promise<void>;
  /** The text that a shared run used, by its content, else by its label; null when it is not here. */
  find(shared: SharedName): Promise<string | null>;
  /** A chosen text with its bytes. */
  textOf(id: string): Promise<TextSource>;
}

export function createTexts({ store, notify }: Bench): Texts {
  const sources = new Map<string, Source>();
  const choices = () => store.getState().texts;

  function add(choice: TextChoice, source: Source, change: Partial<Setup>): void {
    sources.set(choice.id, source);
    store.setState(({ texts, setup }) => ({
      texts: [...texts.filter(({ id }) => id !== choice.id), choice],
      setup: { ...setup, ...change },
    }));
  }

  return {
    add,
    addText({ path, blob }) {
      const label = path.split('/').at(-1) ?? path;
      if (blob.size === 0) {
        return notify(notice('error', `${label} is empty`, 'A text needs at least one window of words. Drop another.'));
      }
      // A token is a byte at least: what has fewer bytes than a window has tokens cannot fill one.
      const { context } = store.getState().setup;
      if (blob.size < context) {
        return notify(
          notice(
            'error',
            `${label} is too short`,
            `It has ${bytes(blob.size)}; one window has ${context} tokens of a byte or more. Drop a longer text, or choose a smaller context.`,
          ),
        );
      }
      const id = `dropped:${label}`;
      const choice: TextChoice = { id, label, kind: 'dropped', bytes: blob.size, note: '' };
      add(choice, () => Promise.resolve({ path, blob }), { evaluation: id });
      notify(notice('note', `Evaluation text: ${label}, ${bytes(blob.size)}`, 'The next run is measured on it.'));
    },
    async readManifest() {
      try {
        const [{ texts }, { sets }] = await Promise.all([
          fetchOwnJson<Manifest>('corpora/manifest.json'),
          fetchOwnJson<Pictures>('pictures/manifest.json'),
        ]);
        const file = async (folder: string, path: string) => ({ path, blob: await fetchOwn(`${folder}/${path}`) });
        for (const text of texts) sources.set(text.id, () => file('corpora', text.file));
        for (const { id, list, pictures } of sets) {
          const [folder = '', name = ''] = list.split('/');
          // Paths in a set are from the folder of its list.
          const beside = (path: string) => file(`pictures/${folder}`, path.slice(folder.length + 1));
          sources.set(ofPictures + id, async () => ({
            ...(await beside(`${folder}/${name}`)),
            pictures: await Promise.all(pictures.map(beside)),
          }));
        }
        const calibration = texts.find(({ kind }) => kind === 'calibration') ?? texts[0];
        const evaluation = texts.find(({ kind }) => kind === 'evaluation') ?? texts.at(-1);
        const here = (id: string) => sources.has(id);
        store.setState(({ setup, texts: dropped }) => ({
          texts: [
            ...texts.map(({ id, label, kind, bytes: size, note }) => ({ id, label, kind, bytes: size, note })),
            ...sets.map(({ id, label, kind, bytes: size, note, pictures }) => ({
              ...{ id: ofPictures + id, label, kind, bytes: size, note, pictures: pictures.length },
            })),
            ...dropped,
          ],
          setup: {
            ...setup,
            calibration: here(setup.calibration) ? setup.calibration : (calibration?.id ?? ''),
            evaluation: here(setup.evaluation) ? setup.evaluation : (evaluation?.id ?? ''),
          },
        }));
      } catch (error) {
        notify(errorNotice('The bundled texts did not load', error, { stays: 'Texts that you drop still work.' }));
      }
    },
    async find({ label, fingerprint }) {
      // Pictures are found by name: to know a set by its content, all of it would have to be fetched.
      for (const [id, source] of sources) {
        if (isPictures(id)) continue;
        const bytes = new Uint8Array(await (await source()).blob.arrayBuffer());
        if ((await sha256(bytes)).startsWith(fingerprint)) return id;
      }
      return choices().find((choice) => choice.label === label)?.id ?? null;
    },
    async textOf(id) {
      const choice = choices().find((t) => t.id === id);
      const source = sources.get(id);
      if (!choice || !source) {
        throw new RecipeError('no-text', 'No text is chosen. Choose one under Texts, or drop a .txt or .jsonl file.');
      }
      return { label: choice.label, ...(await source()) };
    },
  };
}
