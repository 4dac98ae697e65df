/**
 * VILA-1.5 (Lin et al., 2023): a SigLIP tower, a state before its end, four patches to a token, a projector of two layers behind a norm, and a
 * Llama. Saved part by part, each in a folder of its own with its config; what lies in the folder around them says how they belong together.
 */
import type { Architecture, Blueprint, Inner } from '../blueprint';
import type { Fields } from '../fields';
import { languageModel } from '../parts/languageModel';
import { namesIn } from '../parts/names';
import { downColumns, ownPositions } from '../parts/patchRows';
import { layersSeen, readTower, towerLayers, towerTables, usualTowers } from '../parts/tower';
import { one, type Block } from '../steps';
import type { TowerPlan } from '../towerPlan';

export const architecture: Architecture = { name: 'llava_llama', blueprint };

const kind = 'siglip_vision_model';
const prefix = 'vision_tower.';
/** Of PyTorch's layer norm; not in the config. */
const epsilon = 1e-5;

function blueprint(fields: Fields, inner: Inner): Blueprint {
  const missing = ['llm', 'vision_tower', 'mm_projector'].find((part) => !fields.has(part));
  if (missing !== undefined) {
    throw fields.fail(
      missing,
      `the config of a folder "${missing}" with weights of its own, as VILA-1.5 is saved: open the folder around all parts. Files of this name by the authors of LLaVA lack the tower: open their conversion for transformers, whose name ends in "-hf"`,
    );
  }
  const text = languageModel(fields, inner, {}, 'llm');
  return { ...text, tower: towerOf(fields, text.facts) };
}

function towerOf(fields: Fields, { hidden: stream, vocabulary }: Blueprint['facts']): TowerPlan {
  const vision = object(fields, 'vision_tower');
  const projector = object(fields, 'mm_projector');
  requireText(vision, 'model_type', kind);
  requireText(projector, 'mm_projector_type', 'mlp_downsample');
  requireText(fields, 'image_aspect_ratio', 'resize');
  // SigLIP has no row of a class, so that all rows are patches.
  requireText(fields, 'mm_vision_select_feature', 'cls_patch');
  if (fields.flag('s2', false)) throw fields.fail('s2', 'false: pictures are looked at in one size');
  const tower = readTower(vision, usualTowers[kind]);
  const { picture, patch, side, hidden } = tower;
  const resolution = fields.integer('vision_resolution', { min: -1, max: 2 ** 14, fallback: -1 });
  if (resolution > 0 && resolution !== picture)
    throw fields.fail('vision_resolution', `-1, or ${picture} as in the tower`);
  const { patches, positions } = towerTables(prefix, true);
  const rows = side * side;
  return {
    ...{ picture, patch, width: hidden, patches, first: null },
    positions: { from: positions, rows, of: ownPositions(rows) },
    blocks: towerLayers(tower, prefix, layersSeen(fields, 'mm_vision_select_layer', tower.layers)),
    features: downColumns(side),
    projector: projectorOf(4 * hidden, stream),
    // No token stands for pictures: the first id that is none.
    id: vocabulary,
    mark: '<image>',
    frame: 'bare',
    blank: 'seen',
  };
}

const object = (fields: Fields, field: string): Fields => {
  const found = fields.object(field);
  if (!found) throw fields.fail(field, 'an object');
  return found;
};

/** The only value that is known of a field that may be left out. */
function requireText(fields: Fields, field: string, only: string): void {
  if ((fields.text(field) ?? only) !== only) throw fields.fail(field, `"${only}"`);
}

function projectorOf(joined: number, stream: number): Block {
  const names = namesIn('mm_projector.layers.');
  const norm = names.layerNorm('1', joined);
  const [first, second] = [names.linear('2', stream, true), names.linear('4', stream, true)];
  return (b, h) => {
    const x = b.norm(norm, h, { kind: 'layer', epsilon });
    return one(b, 'projector.out', b.activate('gelu', one(b, 'projector.in', x, first)), second);
  };
}
