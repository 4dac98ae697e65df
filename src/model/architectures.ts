/** The architectures that the lab knows: every file of architectures/ is one. Unknown ones are refused by name, with what is supported. */
import { FormatError } from '../util/errors';
import type { Architecture, Blueprint, Inner } from './blueprint';
import { Fields } from './fields';

const modules = import.meta.glob<{ readonly architecture: Architecture }>('./architectures/*.ts', { eager: true });

export const architectures: readonly Architecture[] = Object.values(modules).map(({ architecture }) => architecture);

/** FormatError `unknown-architecture` when config.json names none of ours; `config` names field, found and expected. */
export function blueprintOf(config: Readonly<Record<string, unknown>>): Blueprint & { readonly architecture: string } {
  const fields = new Fields(config);
  const { name, blueprint } = architectureOf(fields);
  return { ...blueprint(fields, inner), architecture: name };
}

/** A config inside another leaves out what is usual for its class. */
const inner: Inner = (fields) => {
  const { blueprint, usual } = architectureOf(fields);
  return blueprint(new Fields({ ...usual, ...fields.values }, fields.path), inner);
};

function architectureOf(fields: Fields): Architecture {
  const found = fields.text('model_type');
  const known = architectures.find(({ name, claims }) => (found === null ? claims?.(fields) : name === found));
  if (known) return known;
  const supported = architectures.map(({ name }) => name).join(', ');
  const shown = found === null ? 'no model_type' : `"${found.slice(0, 80)}"`;
  throw new FormatError(
    'unknown-architecture',
    `config.json: the architecture${fields.path && ` of "${fields.path.slice(0, -1)}"`} is ${shown}; supported are ${supported}. Open a model of one of these families.`,
    { file: 'config.json', field: `${fields.path}model_type`, found: shown, expected: supported },
  );
}
