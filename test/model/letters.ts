/** Files of a tokenizer whose text is its ids: of 64, of which the first two are special, character U+0100 + i is id i. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const llava = resolve(import.meta.dirname, '../golden/models/llava');

/** The text of some ids. */
export const lettersOf = (...ids: readonly number[]): string =>
  ids.map((id) => String.fromCodePoint(0x100 + id)).join('');

export function writeLetters(folder: string): void {
  const names = ['<unk>', '<s>'];
  const vocab = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [names[i] ?? lettersOf(i), i]));
  const flags = { special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
  const tokenizer = {
    version: '1.0',
    added_tokens: names.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', unk_token: '<unk>', vocab, merges: [] },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ add_bos_token: true, bos_token: '<s>' }));
}

/** The tiny model that looks at pictures of 28 × 28, as a folder that opens. */
export function writePictureModel(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'model.safetensors']) {
    copyFileSync(join(llava, name), join(folder, name));
  }
  writeLetters(folder);
  const preprocessor = { image_processor_type: 'CLIPImageProcessor', size: 28, crop_size: 28 };
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(preprocessor));
}
