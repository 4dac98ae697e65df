/** A model as text: a line of JSON with config and tokenizer, then a line for each tensor, with name, shape and values ("w 2x1 0.5 -3"). */
import { toFloats } from '../../../src/formats/toFloats';
import type { SolvedModel, Target } from '../../../src/targets/target';

export const toy: Target = async function* (model) {
  yield await Promise.resolve({ path: 'model.toy', chunks: lines(model) });
};

async function* lines({ config, files, tensors }: SolvedModel) {
  const line = (text: string) => new TextEncoder().encode(`${text}\n`);
  const tokenizer = files.find(({ path }) => path.endsWith('tokenizer.json'));
  yield line(JSON.stringify({ config, tokenizer: JSON.parse((await tokenizer?.blob.text()) ?? '{}') as unknown }));
  for (const { entry, solved } of tensors) {
    const values = solved ? await solved.values() : toFloats(await entry.read(), entry.type);
    yield line([entry.name, entry.shape.join('x'), ...values].join(' '));
  }
}
