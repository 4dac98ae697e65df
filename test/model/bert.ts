/** A checkpoint of an architecture that the lab does not know: a tiny BERT of random weights, as files of a drop. */
import type { SourceFile } from '../../src/formats/checkpoint';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { createRng } from '../../src/util/rng';

export const bertConfig = { model_type: 'bert', architectures: ['BertModel'], hidden_size: 64, num_hidden_layers: 11 };

const layer = (at: string): Record<string, readonly number[]> => ({
  [`${at}.attention.self.query.weight`]: [64, 64],
  [`${at}.attention.self.query.bias`]: [64],
  [`${at}.output.dense.weight`]: [64, 96],
});
const layers = Array.from({ length: 11 }, (_, i) => Object.entries(layer(`encoder.layer.${i}`)));

/** Name → shape. Eleven layers, so that "10" has to come behind "9". */
export const bertShapes: Readonly<Record<string, readonly number[]>> = {
  'embeddings.word_embeddings.weight': [100, 64],
  'embeddings.token_type_embeddings.weight': [2, 64],
  'embeddings.LayerNorm.weight': [64],
  ...Object.fromEntries(layers.flat()),
  'pooler.dense.weight': [64, 64],
};

/** Of every element: normal, of the spread of trained weights. One column in sixteen stands out, so that groups matter. */
function values(name: string, [rows = 1, cols = 1]: readonly number[]): Float32Array<ArrayBuffer> {
  const rng = createRng(1).fork(name);
  return Float32Array.from({ length: rows * cols }, (_, i) => 0.02 * rng.normal() * ((i % cols) % 16 === 3 ? 6 : 1));
}

/** `edit`: changes the values of a tensor before they are written. */
export function bertFiles(edit: (name: string, content: Float32Array) => void = () => {}): readonly SourceFile[] {
  const weights = writeSafetensors(
    Object.entries(bertShapes).map(([name, shape]) => {
      const content = values(name, shape);
      edit(name, content);
      return { name, type: 'F32', shape, bytes: new Uint8Array(content.buffer) };
    }),
  );
  return [
    { path: 'tiny-bert/config.json', blob: new Blob([JSON.stringify(bertConfig)]) },
    { path: 'tiny-bert/model.safetensors', blob: weights },
  ];
}
