/** What the page remembers, and what the command line is given. */
import { commands } from '../../../src/cli/commands';
import { matrixOf } from '../../../src/cli/combinations';
import { parseOptions } from '../../../src/cli/options';
import { pointsOf, settingsOf } from '../../../src/cli/request';
import type { ModelCard } from '../../../src/model/card';
import { recipes as methods } from '../../../src/quant/recipe/recipes';
import { planRun } from '../../../src/store/plan';
import { recall } from '../../../src/store/remember';
import { startingSetup } from '../../../src/store/state';
import type { Rng } from '../../../src/util/rng';
import { madeUpLog } from '../../lab/shared';
import { must, textOf, type Kind } from '../kind';
import { mutateText, mutateValue, pick } from '../mutate';

const remembered = [
  { setup: startingSetup, demo: 'level-100' },
  {
    setup: {
      ...startingSetup,
      methods: ['rtn', 'gptq', 'awq'],
      group: 64,
      overrides: { gptq: { 'rounding.damping': 0.05, 'grid.clip': 'error' }, rtn: { 'grid.symmetric': true } },
    },
    demo: null,
  },
].map((state) => JSON.stringify(state));

export const form: Kind = {
  name: 'form',
  share: 50,
  make(rng) {
    const source = pick(rng, remembered);
    return { 'bitcurve.json': rng.integer(4) ? mutateValue(rng, source) : mutateText(rng, source) };
  },
  attempt(input) {
    const notebook = { getItem: () => textOf(input, 'bitcurve.json'), setItem: () => undefined };
    const { setup, demo } = recall(notebook, methods);
    must(demo === null || typeof demo === 'string', 'a name that is no text');
    // Never an error of its own: what cannot be used is not taken.
    const settings = planRun({ ...startingSetup, ...setup }, methods);
    must(Array.isArray(settings.points), 'no plan');
    return Promise.resolve(Object.keys(setup).length ? 'accepted' : 'forgotten');
  },
};

const card = (madeUpLog()[0] as { readonly model: ModelCard }).model;
const values = [
  ...['0', '1', '2', '-1', '1e9', '99999999999999999999', '0x10', ' 4', '4 ', '3.5', 'NaN', 'Infinity', '', 'row'],
  ...['gptq', 'llama.cpp', 'shared', 'sequential', 'rtn,gptq', 'rtn,rtn', 'all', '2,3,4', '2,,3', '__proto__'],
  ...['/tmp', '\u0000', '\ud800', 'x'.repeat(5000), '--bits', '=', 'constructor', ...methods.map(({ name }) => name)],
];

function argument(rng: Rng, names: readonly string[]): string[] {
  const name = rng.integer(20) ? pick(rng, names) : pick(rng, ['__proto__', 'toString', 'x', '', '-']);
  switch (rng.integer(6)) {
    case 0:
      return [`--${name}`];
    case 1:
      return [`--${name}=${pick(rng, values)}`];
    case 2:
      return rng.integer(5) ? [`--${name}`, pick(rng, values)] : [pick(rng, values)];
    default:
      return [`--${name}`, pick(rng, values)];
  }
}

export const options: Kind = {
  name: 'options',
  share: 50,
  make(rng) {
    const command = pick(rng, commands);
    const names = command.options.map(({ name }) => name);
    const needed = command.options.filter(({ required }) => required && rng.integer(30));
    const args = [
      ...needed.flatMap(({ name }) => [`--${name}`, 'a']),
      ...Array.from({ length: rng.integer(4) }, () => argument(rng, names)).flat(),
    ];
    return { 'arguments.json': JSON.stringify([command.name, ...args]) };
  },
  attempt(input) {
    const [name, ...args] = JSON.parse(textOf(input, 'arguments.json')) as string[];
    const command = commands.find((meta) => meta.name === name);
    const given = parseOptions(args, command?.options ?? []);
    const settings = settingsOf(given, card);
    must(settings.context > 0 && settings.context <= card.maxContext, 'a context that the model does not have');
    if (name === 'sweep') must(pointsOf(given).length > 0, 'nothing to sweep');
    if (name === 'matrix') must(matrixOf(given).points.length > 0, 'an empty matrix');
    return Promise.resolve('accepted');
  },
};
