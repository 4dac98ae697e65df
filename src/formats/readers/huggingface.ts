/**
 * A Hugging Face folder as transformers saves it: config.json, tokenizer.json (+ tokenizer_config.json), and weights as one safetensors
 * file or as shards; or a folder of such folders, one for each part of the model (VILA), whose configs and tensors go under their names:
 * config.llm, "llm.model.norm.weight". Reads the configs and the headers of the weights, nothing else.
 */
import { present } from '../../util/assert';
import { createCheckpoint } from '../createCheckpoint';
import { findRoots, isConfig, openFolder, partsIn, type Folder } from '../folder';
import { inHiddenFolder, noCheckpoint } from '../noCheckpoint';
import type { Kind, Reader } from '../reader';
import type { ShardTensors } from '../safetensors';
import { INDEX, readShards } from '../shards';
import type { JsonObject } from '../strictJson';
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
    const whole = inside.some((path) => isWeights(path) || path === INDEX) || partsIn(inside, isWeights).length > 0;
    return { found: whole ? 'whole' : 'rest', by: `${root}config.json` };
  },
  async open(files) {
    const folder = openFolder(files, isWeights);
    if (!folder) {
      const hidden = files.hidden.find(isConfig);
      throw hidden === undefined ? noCheckpoint([...files.visible.keys()], [kind], '') : inHiddenFolder(hidden);
    }
    const own = await readConfig(folder);
    const parts = await readParts(folder, own, [...files.visible.keys()]);
    const { tensors, unsupported } = parts.length > 0 ? joined(parts) : await readShards(folder);
    const config = { ...own, ...Object.fromEntries(parts.map(({ name, config }) => [name, config])) };
    const places = [{ folder, config }, ...parts];
    /** The folder that holds one of the files, the first before the second; else the model's own. */
    const holding = (...paths: string[]) => {
      const found = paths.flatMap((path) => places.find((place) => place.folder.get(path)) ?? []);
      return present(found[0] ?? places[0], 'a folder');
    };
    return createCheckpoint({
      name: folder.name,
      config,
      tensors,
      unsupported,
      remarks: ['adapter_model.safetensors', 'adapter_model.bin']
        .filter((path) => folder.get(path))
        .map((path) => `${path} lies beside the weights and is not applied: numbers are those of the model without it`),
      tokenizer: () => {
        const { folder, config } = holding('tokenizer.json', 'tokenizer.model', 'vocab.json');
        return readTokenizer(folder, config);
      },
      preprocessor: () => readPreprocessor(holding('preprocessor_config.json', 'processor_config.json').folder),
    });
  },
};

interface Part {
  readonly name: string;
  readonly folder: Folder;
  readonly config: JsonObject;
  readonly found: ShardTensors;
}

/** What lies part by part in a folder without weights of its own: the parts of which its config says something, as "llm_cfg" of "llm". */
async function readParts(folder: Folder, own: JsonObject, visible: readonly string[]): Promise<readonly Part[]> {
  const [root = ''] = findRoots(visible, isWeights);
  const inside = visible.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
  const names = partsIn(inside, isWeights).filter((name) => Object.hasOwn(own, `${name}_cfg`));
  return Promise.all(
    names.map(async (name) => {
      const part = folder.within(name);
      return { name, folder: part, config: await readConfig(part), found: await readShards(part) };
    }),
  );
}

/** Tensors of all parts, each under the name of its part. */
function joined(parts: readonly Part[]): ShardTensors {
  return {
    tensors: parts.flatMap(({ name, found }) =>
      found.tensors.map((tensor) => ({ ...tensor, name: `${name}.${tensor.name}` })),
    ),
    unsupported: new Map(
      parts.flatMap(({ name, found }) => [...found.unsupported].map(([tensor, type]) => [`${name}.${tensor}`, type])),
    ),
  };
}
