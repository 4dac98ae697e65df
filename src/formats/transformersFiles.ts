/** What transformers saves beside weights, whatever these are in: config.json, and the tokenizer's files. */
import { present } from '../util/assert';
import type { Tokenizer } from './checkpoint';
import type { Folder } from './folder';
import { MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES } from './limits';
import { readWhole } from './sourceFile';
import { type JsonObject, parseJsonObject } from './strictJson';
import { openTokenizer } from './tokenizer';

/** config.json, by which the folder was found, parsed and not judged; FormatError when it is no JSON object. */
export async function readConfig(folder: Folder): Promise<JsonObject> {
  return present(await readJson(folder, 'config.json', MAX_CONFIG_BYTES, 'names'), 'config.json');
}

/** The tokenizer of tokenizer.json (+ tokenizer_config.json); FormatError when it is missing or broken. */
export async function readTokenizer(folder: Folder, config: JsonObject): Promise<Tokenizer> {
  const json = await readJson(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES, 'any');
  if (!json) {
    const other = ['tokenizer.model', 'vocab.json'].find((path) => folder.get(path));
    throw folder.missing(
      'tokenizer.json',
      other
        ? `${other} is not read; make tokenizer.json with transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…).`
        : 'Add tokenizer.json of the same model to the files.',
    );
  }
  const settings = await readJson(folder, 'tokenizer_config.json', MAX_TOKENIZER_BYTES, 'any');
  return openTokenizer(json, settings ?? {}, config);
}

/** How pictures are prepared: preprocessor_config.json, or what newer files have in processor_config.json. FormatError when both are missing. */
export async function readPreprocessor(folder: Folder): Promise<{ readonly json: JsonObject; readonly file: string }> {
  for (const file of ['preprocessor_config.json', 'processor_config.json']) {
    const json = await readJson(folder, file, MAX_CONFIG_BYTES, 'names');
    if (json) return { json, file };
  }
  throw folder.missing(
    'preprocessor_config.json',
    'Add the file of the same model: it says how pictures are prepared.',
  );
}

async function readJson(
  folder: Folder,
  path: string,
  limit: number,
  keys: 'names' | 'any',
): Promise<JsonObject | undefined> {
  const file = folder.get(path);
  const bytes = file && (await readWhole(file, limit, `a ${path}`));
  return bytes && parseJsonObject(bytes, file.path, keys, path === 'config.json' ? 'any' : 'finite');
}
