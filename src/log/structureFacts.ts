/**
 * What a model has beside layers and norms, as rows of its card on the page and the command line: experts, states, the tower that looks at
 * pictures. Pure.
 */
import type { HeaderCard } from '../model/card';

type Structure = Pick<HeaderCard, 'parameters' | 'layers' | 'blocks' | 'experts' | 'states' | 'pictures'>;

/** `count`: how a large number is written. */
export function structureFacts(
  { parameters, layers, blocks: parts, experts, states, pictures }: Structure,
  count: (value: number) => string,
): readonly (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = [];
  const where = (blocks: number) => (blocks === layers ? 'every block' : `${blocks} of ${layers} blocks`);
  if (experts) {
    const { count: all, chosen, shared, blocks, activeParameters } = experts;
    rows.push(
      ['Experts', `${all} in ${where(blocks)}, ${chosen} per token${shared ? ', one more shared' : ''}`],
      ['Active', `${count(activeParameters)} of ${count(parameters)} parameters per token`],
    );
  }
  if (states) {
    const { states: each, channels, heads, blocks } = states;
    const decays = heads === channels ? '' : `, ${heads} heads`;
    rows.push(['States', `${each} for each of ${channels} channels${decays}, in ${where(blocks)}`]);
  }
  if (pictures) {
    const { side, features } = pictures;
    const tower = parts.find(({ name }) => name === 'tower');
    const size = tower ? `, tower of ${count(tower.parameters)}` : '';
    rows.push(['Pictures', `${side} × ${side} pixels, ${features} places in the text each${size}`]);
  }
  return rows;
}
