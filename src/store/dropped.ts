/**
 * Tells apart what people drop: a checkpoint, texts, a log of a run, and what is none of them. By name, and where that is not enough by
 * the first line.
 */
import type { SourceFile } from '../worker/protocol';

export type { SourceFile } from '../worker/protocol';

export interface Dropped {
  readonly checkpoint: readonly SourceFile[];
  readonly texts: readonly SourceFile[];
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
    return { checkpoint: visible, texts: [], logs: [], refused: [] };
  }
  const texts: SourceFile[] = [];
  const logs: SourceFile[] = [];
  const refused: { file: SourceFile; what: Refused }[] = [];
  const rest: SourceFile[] = [];
  for (const file of visible) {
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
  return { checkpoint: rest, texts: meant, logs, refused };
}

/** The outermost folder that a file was dropped in; null for a file by itself. */
const folderOf = ({ path }: SourceFile): string | null => (path.includes('/') ? (path.split('/')[0] ?? null) : null);

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

/** What is said of refused files, as title and text. */
export function refusalWords(refused: Dropped['refused']): { readonly title: string; readonly text: string } {
  const [first, ...more] = refused;
  const name = first?.file.path.split('/').at(-1) ?? 'The file';
  const others = more.length ? `, and ${more.length} more like it` : '';
  const accepted =
    'What opens here: a checkpoint folder (config.json, tokenizer.json and .safetensors weights), a text (.txt, .md, .jsonl), a log of a run (.ndjson).';
  return {
    title: `${name} does not open`,
    text:
      first?.what === 'results'
        ? `It is a table of results, which does not hold the run itself. Drop the log (.ndjson) that Download log saved of it: that opens.`
        : `It is ${whatItIs[first?.what ?? 'document']}${others}. ${accepted}`,
  };
}
