/** Tells apart what people drop: a checkpoint, texts, a log of a run. By name, and for .jsonl by its first line. */
import type { SourceFile } from '../worker/protocol';

export type { SourceFile } from '../worker/protocol';

export interface Dropped {
  readonly checkpoint: readonly SourceFile[];
  readonly texts: readonly SourceFile[];
  readonly logs: readonly SourceFile[];
}

const weights = /\.(safetensors|gguf|bin|pt|pth)$/i;
/** Files that only make sense with weights. */
const partOfCheckpoint =
  /(^|\/)(config|tokenizer|tokenizer_config|generation_config|special_tokens_map)\.json$|\.index\.json$/i;

export async function sortDropped(files: readonly SourceFile[]): Promise<Dropped> {
  const visible = files.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
  // A folder with weights is a checkpoint as a whole, whatever else lies in it.
  if (visible.some(({ path }) => weights.test(path) || partOfCheckpoint.test(path))) {
    return { checkpoint: visible, texts: [], logs: [] };
  }
  const texts: SourceFile[] = [];
  const logs: SourceFile[] = [];
  const rest: SourceFile[] = [];
  for (const file of visible) {
    if (/\.(ndjson|jsonl)$/i.test(file.path)) ((await isLog(file.blob)) ? logs : texts).push(file);
    else if (/\.(txt|text|md|raw)$/i.test(file.path) || (await holdsRecords(file))) texts.push(file);
    else rest.push(file);
  }
  // Anything else is offered to the checkpoint reader, which says what is wrong with it.
  return { checkpoint: rest, texts, logs };
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
