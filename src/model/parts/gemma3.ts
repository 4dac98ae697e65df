/**
 * The language model of Gemma 3 (Gemma team, 2025): queries and keys normed head by head; most layers see a window and rotate by a base of their
 * own, which no scaling stretches; every sixth sees all.
 */
import { present } from '../../util/assert';
import type { Blueprint } from '../blueprint';
import { readDecoder } from '../decoder';
import { Fields } from '../fields';
import { parseRope } from '../ropeFields';
import { capOf, gemmaDefaults, gemmaParticulars } from './gemma';
import { llamaPlan } from './llama';

export function gemma3Text(fields: Fields): Blueprint {
  const decoder = readDecoder(fields, gemmaDefaults({ base: 1e6, layers: 'full_attention' }));
  const field = fields.has('_sliding_window_pattern') ? '_sliding_window_pattern' : 'sliding_window_pattern';
  const pattern = fields.integer(field, { min: 1, max: 2 ** 20, fallback: 6 });
  const { windows, ...common } = gemmaParticulars(fields, decoder, (layer) => (layer + 1) % pattern === 0);
  const { rope_parameters, rope_local_base_freq } = fields.values;
  const local = parseRope(
    new Fields({ rope_parameters, rope_local_base_freq }, fields.path),
    decoder.maxContext,
    decoder.headSize,
    { base: 1e4, baseField: 'rope_local_base_freq', layers: 'sliding_attention' },
  );
  const window = (layer: number) => present(windows[layer], `window of layer ${layer}`);
  return llamaPlan(decoder, {
    ...common,
    headNorms: 'heads',
    // attn_logit_softcapping is never applied, whatever a file says, as in transformers.
    logits: capOf(fields, 'final_logit_softcapping', null),
    window,
    rotation: (layer) => (window(layer) === Infinity ? decoder.rope : local),
  });
}
