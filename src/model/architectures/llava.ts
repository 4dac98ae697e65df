/**
 * LLaVA-1.5 (Liu et al., 2023) as transformers converts it: a CLIP or SigLIP tower, a state before its end, a projector of two layers, and any
 * language model that the lab knows.
 */
import type { Architecture, Blueprint, Inner } from '../blueprint';
import { limits, readActivation } from '../decoder';
import { Fields } from '../fields';
import { languageModel } from '../parts/languageModel';
import { namesIn } from '../parts/names';
import { everyRow, ownPositions } from '../parts/patchRows';
import {
  layersSeen,
  normAlone,
  readTower,
  towerLayers,
  towerTables,
  usualTowers,
  type TowerDefaults,
} from '../parts/tower';
import { one, type Block } from '../steps';
import type { TowerPlan } from '../towerPlan';

export const architecture: Architecture = { name: 'llava', blueprint };

/** The tower of a config.json that says nothing of it: CLIP's large one. */
const unsaid: TowerDefaults = {
  ...usualTowers.clip_vision_model,
  ...{ picture: 336, patch: 14, hidden: 1024, intermediate: 4096, layers: 24, heads: 16 },
};

const prefix = 'vision_tower.';

function blueprint(fields: Fields, inner: Inner): Blueprint {
  refuseOriginal(fields);
  const text = languageModel(fields, inner);
  return { ...text, tower: towerOf(fields, text.facts.hidden) };
}

function towerOf(fields: Fields, width: number): TowerPlan {
  const vision = fields.object('vision_config');
  const kind = vision?.text('model_type') ?? 'clip_vision_model';
  if (kind !== 'clip_vision_model' && kind !== 'siglip_vision_model') {
    throw (vision ?? fields).fail('model_type', '"clip_vision_model" or "siglip_vision_model"');
  }
  const clip = kind === 'clip_vision_model';
  const tower = readTower(vision ?? new Fields({}, 'vision_config.'), vision ? usualTowers[kind] : unsaid);
  const { picture, patch, side, hidden, epsilon } = tower;
  const { patches, positions, first } = towerTables(prefix, !clip);
  const rows = side * side + (clip ? 1 : 0);
  const before = clip ? [normAlone(namesIn(prefix).layerNorm('pre_layrnorm', hidden), epsilon)] : [];
  return {
    ...{ picture, patch, width: hidden, patches, first: clip ? first : null },
    positions: { from: positions, rows, of: ownPositions(rows) },
    blocks: [...before, ...towerLayers(tower, prefix, layersSeen(fields, 'vision_feature_layer', tower.layers))],
    features: everyRow(rows, dropsFirst(fields) ? 1 : 0),
    projector: projectorOf(fields, width),
    id: fields.integer(fields.has('image_token_index') ? 'image_token_index' : 'image_token_id', {
      ...{ min: 0, max: limits.vocabulary, fallback: 32_000 },
    }),
    frame: 'bare',
    blank: 'seen',
  };
}

/** "default" leaves the first row out, of whichever tower: of a class in CLIP. */
function dropsFirst(fields: Fields): boolean {
  const strategy = fields.text('vision_feature_select_strategy') ?? 'default';
  if (strategy !== 'default' && strategy !== 'full') {
    throw fields.fail('vision_feature_select_strategy', '"default" or "full"');
  }
  return strategy === 'default';
}

function projectorOf(fields: Fields, width: number): Block {
  const activation = readActivation(fields, 'projector_hidden_act', 'gelu');
  const biased = fields.flag('multimodal_projector_bias', true);
  const names = namesIn('multi_modal_projector.');
  const [first, second] = [names.linear('linear_1', width, biased), names.linear('linear_2', width, biased)];
  return (b, h) => one(b, 'projector.out', b.activate(activation, one(b, 'projector.in', h, first)), second);
}

/** The authors' own files hold a Llama and a projector, and name a tower that lies elsewhere. */
function refuseOriginal(fields: Fields): void {
  const own = Object.keys(fields.values).find((field) => field.startsWith('mm_'));
  if (own === undefined) return;
  throw fields.fail(
    own,
    'no such field: it is of the LLaVA authors’ own files, which lack the tower for pictures. Open the conversion for transformers, whose name ends in "-hf"',
  );
}
