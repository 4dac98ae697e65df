/** Headers of weights, the index of shards, and config.json. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/formats/checkpoint';
import { openCheckpoint } from '../../../src/formats/openCheckpoint';
import { describeModel } from '../../../src/model/describeModel';
import { fileOf, rawSafetensors, tinyConfig } from '../../formats/files';
import { must, textOf, type Input, type Kind } from '../kind';
import { mutateBytes, mutateText, mutateValue, pick } from '../mutate';

const golden = join(import.meta.dirname, '../../golden');
const read = (path: string) => new Uint8Array(readFileSync(join(golden, path)));

interface Weights {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly header: string;
  readonly dataBytes: number;
}

function weights(path: string): Weights {
  const bytes = read(path);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return { bytes, header, dataBytes: bytes.length - 8 - length };
}

const filesOf = (input: Input): SourceFile[] => Object.entries(input).map(([name, content]) => fileOf(name, content));

/** What is accepted can be read. */
async function readAll(files: readonly SourceFile[]): Promise<string> {
  const { tensors } = await openCheckpoint(files);
  for (const entry of tensors.values()) {
    must((await entry.read()).length === entry.bytes, `${entry.name} does not have its bytes`);
  }
  return 'accepted';
}

const singles = ['safetensors/types.safetensors', 'safetensors/sharded/model-00001-of-00005.safetensors'].map(weights);

export const safetensors: Kind = {
  name: 'safetensors',
  share: 120,
  make(rng) {
    const { bytes, header, dataBytes } = pick(rng, singles);
    const mutants = [
      () => mutateBytes(rng, bytes),
      () => rawSafetensors(mutateText(rng, header), dataBytes),
      () =>
        rawSafetensors(mutateValue(rng, header), dataBytes, rng.integer(20) ? undefined : BigInt(rng.integer(4000))),
      () => rawSafetensors(mutateValue(rng, header), Math.max(0, dataBytes + rng.integer(3) - 1)),
    ];
    return { 'config.json': JSON.stringify(tinyConfig), 'model.safetensors': pick(rng, mutants)() };
  },
  attempt: (input) => readAll(filesOf(input)),
};

const shardFolder = 'safetensors/sharded';
const shardFiles = Object.fromEntries(
  readdirSync(join(golden, shardFolder))
    .filter((name) => name !== 'sums.json' && name !== 'generation_config.json')
    .map((name) => [name, read(`${shardFolder}/${name}`)]),
);
const shardNames = Object.keys(shardFiles).filter((name) => name.endsWith('.safetensors'));
const indexName = 'model.safetensors.index.json';
const index = new TextDecoder().decode(shardFiles[indexName]);

export const shards: Kind = {
  name: 'shards',
  share: 60,
  make(rng) {
    const files: Record<string, string | Uint8Array<ArrayBuffer>> = { ...shardFiles };
    const shard = pick(rng, shardNames);
    const { header, dataBytes } = weights(`${shardFolder}/${shard}`);
    const changes = [
      () => (files[indexName] = mutateValue(rng, index)),
      () => (files[indexName] = mutateText(rng, index)),
      () => (files[shard] = rawSafetensors(mutateValue(rng, header), dataBytes)),
      () => (files[shard] = files[pick(rng, shardNames)] as Uint8Array<ArrayBuffer>),
      () => Reflect.deleteProperty(files, shard),
    ];
    for (let times = 1 + rng.integer(2); times > 0; times--) pick(rng, changes)();
    return files;
  },
  attempt: (input) => readAll(filesOf(input)),
};

const models = ['llama', 'llama-llama3', 'llama-linear', 'mistral', 'qwen2', 'qwen2-window', 'qwen3'].map((name) => ({
  config: readFileSync(join(golden, 'models', name, 'config.json'), 'utf8'),
  weights: read(`models/${name}/model.safetensors`),
  name,
}));

export const config: Kind = {
  name: 'config',
  share: 120,
  make(rng) {
    const model = pick(rng, models);
    const mutant = rng.integer(4) ? mutateValue(rng, model.config) : mutateText(rng, model.config);
    // Which weights it belongs to, by name: saved inputs stay small.
    return { 'config.json': mutant, model: model.name };
  },
  async attempt(input) {
    const model = models.find(({ name }) => name === textOf(input, 'model'));
    const files = [
      fileOf('config.json', textOf(input, 'config.json')),
      fileOf('model.safetensors', model?.weights ?? ''),
    ];
    const card = await describeModel(await openCheckpoint(files));
    must(card.parameters > 0 && Number.isSafeInteger(card.parameters), 'a model without parameters');
    must(card.bytes > 0 && card.maxContext > 0, 'a model without bytes or context');
    return 'accepted';
  },
};
