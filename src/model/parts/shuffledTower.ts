/** Idefics3 (Laurençon et al., 2024) and SmolVLM (Marafioti et al., 2025): a SigLIP tower, its patches shuffled into fewer, one linear layer, a Llama. */
import type { Architecture } from '../blueprint';
import { limits } from '../decoder';
import { Fields } from '../fields';
import { one } from '../steps';
import { languageModel } from './languageModel';
import { namesIn } from './names';
import { bucketedPositions, shuffled } from './patchRows';
import { normAlone, readTower, towerLayers, towerTables } from './tower';

const usualTower = {
  ...{ picture: 224, patch: 32, hidden: 1152, intermediate: 3072, layers: 12, heads: 16 },
  ...{ activation: 'gelu_pytorch_tanh', epsilon: 1e-6 },
};

export const shuffledTower = (name: string): Architecture => ({
  name,
  blueprint(fields, inner) {
    const text = languageModel(fields, inner, fields.has('text_config') ? {} : { rms_norm_eps: 1e-5 });
    const tower = readTower(fields.object('vision_config') ?? new Fields({}, 'vision_config.'), usualTower);
    const { picture, patch, side, hidden, epsilon } = tower;
    const factor = fields.integer('scale_factor', { min: 1, max: side, fallback: 2 });
    if (side % factor) throw fields.fail('scale_factor', `a divisor of the ${side} patches of a picture's side`);
    const prefix = 'model.vision_model.';
    const { patches, positions } = towerTables(prefix, true);
    const proj = namesIn('model.connector.modality_projection.').linear('proj', text.facts.hidden);
    return {
      ...text,
      tower: {
        ...{ picture, patch, width: hidden, patches, first: null },
        positions: { from: positions, rows: side * side, of: bucketedPositions(side) },
        blocks: [
          ...towerLayers(tower, prefix),
          normAlone(namesIn(prefix).layerNorm('post_layernorm', hidden), epsilon),
        ],
        features: shuffled(side, factor),
        projector: (b, h) => one(b, 'projector', h, proj),
        id: fields.integer('image_token_id', { min: 0, max: limits.vocabulary, fallback: 128_257 }),
        frame: 'framed',
        blank: 'none',
      },
    };
  },
});
