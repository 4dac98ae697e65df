/**
 * Tells apart what people drop: a checkpoint, texts, sets of pictures, a log of a run, and what is none of them. By name, and where that is not enough by
 * the first line.
 */
import type { HeaderCard } from '../model/card';
import type { SourceFile } from '../worker/protocol';

export type { SourceFile } from '../worker/protocol';

/** A list of lines that name pictures, and the pictures that came with it, by their paths from its folder. */
export interface DroppedSet {
  readonly list: SourceFile;
  readonly pictures: readonly SourceFile[];
}

export interface Dropped {
  readonly checkpoint: readonly SourceFile[];
  readonly texts: readonly SourceFile[];
  readonly sets: readonly DroppedSet[];
  readonly logs: readonly SourceFile[];
  /** Files that nothing here reads, each with what it is. */
  readonly refused: readonly { readonly file: SourceFile; readonly what: Refused }[];
}

export type Refused = 'picture' | 'document' | 'table' | 'results';

const weights = /\.(safetensors|gguf|bin|pt|pth)$/i;
/** Files that only make sense with weights. */
const partOfCheckpoint =
  /(^|\/)(config|tokenizer|tokenizer_config|generation_config|special_tokens_map)\.json$|\.index\.json$/i;
const pictures = /\.(png|jpe?g|gif|webp|svg|bmp|tiff?|ico|heic|avif)$/i;
const documents = /\.(pdf|docx?|odt|rtf|pptx?|epub|html?)$/i;
const tables = /\.(csv|tsv|xlsx?|ods|parquet)$/i;

export async function sortDropped(files: readonly SourceFile[]): Promise<Dropped> {
  const visible = files.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
  // A folder with weights is a checkpoint as a whole, whatever else lies in it.
  if (visible.some(({ path }) => weights.test(path) || partOfCheckpoint.test(path))) {
    return { checkpoint: visible, texts: [], sets: [], logs: [], refused: [] };
  }
  const texts: SourceFile[] = [];
  const logs: SourceFile[] = [];
  const refused: { file: SourceFile; what: Refused }[] = [];
  const rest: SourceFile[] = [];
  const sets: DroppedSet[] = [];
  for (const list of visible) if (await isPictureList(list)) sets.push(setOf(list, visible));
  // What else lies in the folder of a set tells of it.
  const belongs = ({ path }: SourceFile, folder: string) =>
    path.startsWith(folder) && (folder !== '' || pictures.test(path));
  const ofSets = visible.filter((file) => sets.some(({ list }) => list === file || belongs(file, folderIn(list))));
  for (const file of visible) {
    if (ofSets.includes(file)) continue;
    const what = await refusal(file);
    if (what) refused.push({ file, what });
    else if (/\.(ndjson|jsonl)$/i.test(file.path)) ((await isLog(file.blob)) ? logs : texts).push(file);
    else if (/\.(txt|text|md|raw)$/i.test(file.path) || (await holdsRecords(file))) texts.push(file);
    else rest.push(file);
  }
  // Anything else is offered to the checkpoint reader, which says what is wrong with it. What lies beside it in a folder was not meant
  // as a text to measure on.
  const others = new Set([...rest, ...refused.map(({ file }) => file)].map(folderOf));
  const meant = texts.filter((file) => folderOf(file) === null || !others.has(folderOf(file)));
  return { checkpoint: rest, texts: meant, sets, logs, refused };
}

/** The outermost folder that a file was dropped in; null for a file by itself. */
const folderOf = ({ path }: SourceFile): string | null => (path.includes('/') ? (path.split('/')[0] ?? null) : null);

/** The folder that a file lies in, with its slash; empty for a file by itself. */
const folderIn = ({ path }: SourceFile): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Letters of the first line that are looked at: a caption may be long. */
const firstLine = 100_000;

/** Lines that name pictures, or the first that says how they are written. */
async function isPictureList({ path, blob }: SourceFile): Promise<boolean> {
  if (!/\.(jsonl|ndjson)$/i.test(path)) return false;
  const [line = ''] = (await blob.slice(0, firstLine).text()).trimStart().split('\n');
  try {
    const value: unknown = JSON.parse(line);
    return (
      typeof value === 'object' && value !== null && ['image', 'tell', 'ask'].some((key) => Object.hasOwn(value, key))
    );
  } catch {
    // A list with a mistake in its first line is a list all the same, and its reader names the line.
    return /^\{\s*"(image|tell|ask)"\s*:/.test(line);
  }
}

function setOf(list: SourceFile, files: readonly SourceFile[]): DroppedSet {
  const folder = folderIn(list);
  const beside = files.filter(({ path }) => pictures.test(path) && path.startsWith(folder));
  return { list, pictures: beside.map(({ path, blob }) => ({ path: path.slice(folder.length), blob })) };
}

async function refusal({ path, blob }: SourceFile): Promise<Refused | null> {
  if (pictures.test(path)) return 'picture';
  if (documents.test(path)) return 'document';
  if (/\.(csv|json)$/i.test(path) && (await isResults(blob))) return 'results';
  return tables.test(path) ? 'table' : null;
}

/** C4's shards are JSON lines named .json, and others store a list: records in either case. */
async function holdsRecords({ path, blob }: SourceFile): Promise<boolean> {
  return (
    /\.json$/i.test(path) &&
    /^\s*\[?\s*\{\s*"(text|content|story|timestamp|url|id|meta)"\s*:/.test(await blob.slice(0, 200).text())
  );
}

/** The first line of a log is an event; 200 bytes are enough to see it. */
async function isLog(blob: Blob): Promise<boolean> {
  return /^\s*\{\s*"type"\s*:\s*"[a-z]+-[a-z]+"/.test(await blob.slice(0, 200).text());
}

/** A table that this page saved (store/exports.ts). */
async function isResults(blob: Blob): Promise<boolean> {
  return /^(recipe,bits,group,|\[\s*\{\s*"recipe"\s*:\s*"[^"]*",\s*"bits"\s*:)/.test(await blob.slice(0, 400).text());
}

const whatItIs: Readonly<Record<Refused, string>> = {
  picture: 'a picture',
  document: 'a document, not a plain text',
  table: 'a table',
  results: 'a table of results',
};

/** A line for a picture, as it may stand in a list. */
export const pictureExample = (image: string): string =>
  `A line is such as {"image": ${JSON.stringify(image)}, "caption": "a dog on a beach"}, or {"image": ${JSON.stringify(image)}, "question": "What animal is it?", "answer": "a dog", "choices": ["a dog", "a cat"]}.`;

/** What is said of refused files, as title and text; `card` of the model that is open. */
export function refusalWords(
  refused: Dropped['refused'],
  card: Pick<HeaderCard, 'name' | 'pictures'> | null = null,
): { readonly title: string; readonly text: string } {
  const [first, ...more] = refused;
  const name = first?.file.path.split('/').at(-1) ?? 'The file';
  if (first && refused.every(({ what }) => what === 'picture')) {
    const blind =
      card && !card.pictures
        ? ` And ${card.name} takes no pictures: open a model that does (LLaVA, Idefics3, SmolVLM).`
        : '';
    return {
      title: more.length ? `${refused.length} pictures without words` : `${name} is a picture without words`,
      text: `A model is measured by what it tells of a picture: that has to be written in a file beside it, such as pictures.jsonl, a line for each. ${pictureExample(name)} Drop the file with its pictures, or the folder that holds them.${blind}`,
    };
  }
  const others = more.length ? `, and ${more.length} more like it` : '';
  const accepted =
    'What opens here: a checkpoint folder (config.json, tokenizer.json and .safetensors weights), a text (.txt, .md, .jsonl), pictures with a .jsonl that tells of them, a log of a run (.ndjson).';
  return {
    title: `${name} does not open`,
    text:
      first?.what === 'results'
        ? `It is a table of results, which does not hold the run itself. Drop the log (.ndjson) that Download log saved of it: that opens.`
        : `It is ${whatItIs[first?.what ?? 'document']}${others}. ${accepted}`,
  };
}
