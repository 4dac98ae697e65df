/** The architectures that the lab knows: every file of architectures/ is one. Unknown ones are refused by name, with what is supported. */
import { FormatError } from '../util/errors';
import type { Architecture, Blueprint } from './blueprint';
import { Fields } from './fields';

const modules = import.meta.glob<{ readonly architecture: Architecture }>('./architectures/*.ts', { eager: true });

export const architectures: readonly Architecture[] = Object.values(modules).map(({ architecture }) => architecture);

/** FormatError `unknown-architecture` when config.json names none of ours; `config` names field, found and expected. */
export function blueprintOf(config: Readonly<Record<string, unknown>>): Blueprint & { readonly architecture: string } {
  const fields = new Fields(config);
  const found = fields.text('model_type');
  const known = architectures.find(({ name, claims }) => (found === null ? claims?.(fields) : name === found));
  if (known) return { ...known.blueprint(fields), architecture: known.name };
  const supported = architectures.map(({ name }) => name).join(', ');
  const shown = found === null ? 'no model_type' : `"${found.slice(0, 80)}"`;
  throw new FormatError(
    'unknown-architecture',
    `config.json: the architecture is ${shown}; supported are ${supported}. Open a model of one of these families.`,
    { file: 'config.json', field: 'model_type', found: shown, expected: supported },
  );
}
