/**
 * A Hugging Face folder as transformers saves it: config.json, tokenizer.json (+ tokenizer_config.json), and weights as one safetensors
 * file or as shards. Reads the config and the headers of the weights, nothing else.
 */
import { createCheckpoint } from '../createCheckpoint';
import { findRoots, isConfig, openFolder } from '../folder';
import { inHiddenFolder, noCheckpoint } from '../noCheckpoint';
import type { Kind, Reader } from '../reader';
import { INDEX, readShards } from '../shards';
import { readConfig, readPreprocessor, readTokenizer } from '../transformersFiles';

const kind: Kind = {
  label: 'a Hugging Face folder',
  knownBy: 'config.json',
  form: 'a folder with config.json, tokenizer.json and model.safetensors',
  variants: '(or its shards and index)',
};

/** Of a path inside the folder. */
const isWeights = (inside: string) => /^[^/]+\.safetensors$/.test(inside);

export const reader: Reader = {
  ...kind,
  name: 'huggingface',
  standing: 'published',
  match(paths) {
    const [root] = findRoots(paths, isWeights);
    if (root === undefined) {
      const weights = paths.find((path) => path.endsWith('.safetensors'));
      return weights === undefined ? null : { found: 'weights', by: weights };
    }
    const inside = paths.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
    const whole = inside.some((path) => isWeights(path) || path === INDEX);
    return { found: whole ? 'whole' : 'rest', by: `${root}config.json` };
  },
  async open(files) {
    const folder = openFolder(files, isWeights);
    if (!folder) {
      const hidden = files.hidden.find(isConfig);
      throw hidden === undefined ? noCheckpoint([...files.visible.keys()], [kind], '') : inHiddenFolder(hidden);
    }
    const config = await readConfig(folder);
    const { tensors, unsupported } = await readShards(folder);
    return createCheckpoint({
      name: folder.name,
      config,
      tensors,
      unsupported,
      remarks: ['adapter_model.safetensors', 'adapter_model.bin']
        .filter((path) => folder.get(path))
        .map((path) => `${path} lies beside the weights and is not applied: numbers are those of the model without it`),
      tokenizer: () => readTokenizer(folder, config),
      preprocessor: () => readPreprocessor(folder),
    });
  },
};
