/** tokenizer.json with tokenizer_config.json: each that opens encodes and decodes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject } from '../../../src/formats/strictJson';
import { openTokenizer } from '../../../src/formats/tokenizer';
import { must, textOf, type Kind } from '../kind';
import { mutateText, mutateValue, pick } from '../mutate';

const styles = ['llama2', 'llama2-unsplit', 'llama3', 'gpt2', 'qwen2', 'smollm', 'metaspace-first', 'metaspace-split'];

const sources = styles.map((style) => {
  const path = join(import.meta.dirname, '../../golden/tokenizers', `${style}.json`);
  const { tokenizer } = JSON.parse(readFileSync(path, 'utf8')) as {
    tokenizer: { model: { vocab: Record<string, number>; merges: [string, string][] } };
  };
  // Fewer merges keep a mutant at a millisecond; the vocabulary keeps what they need.
  tokenizer.model.merges = tokenizer.model.merges.slice(0, 40);
  return JSON.stringify(tokenizer);
});

const text = `The miller's daughter <s> 12 345  \n\n ▁é🔥 水车 ${'a'.repeat(200)}${' '.repeat(200)}`;

export const tokenizer: Kind = {
  name: 'tokenizer',
  share: 90,
  make(rng) {
    const source = pick(rng, sources);
    return {
      'tokenizer.json': rng.integer(4) ? mutateValue(rng, source) : mutateText(rng, source),
      'tokenizer_config.json': JSON.stringify({ bos_token: pick(rng, ['<s>', null, '<|begin|>']) }),
    };
  },
  attempt(input) {
    const read = (name: string) => parseJsonObject(new TextEncoder().encode(textOf(input, name)), name, 'any');
    const opened = openTokenizer(read('tokenizer.json'), read('tokenizer_config.json'), { vocab_size: 700 });
    const ids = opened.encode(text, 'add');
    must(
      ids.every((id) => id >= 0 && id < opened.vocabularySize),
      'an id is not one of the vocabulary',
    );
    must(typeof opened.decode(ids) === 'string', 'ids do not decode');
    return Promise.resolve('accepted');
  },
};
