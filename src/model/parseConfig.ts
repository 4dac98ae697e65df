/** config.json → ModelConfig and its architecture. Unknown architectures are refused by name, with what is supported. */
import { FormatError } from '../util/errors';
import type { Architecture } from './architectures/architecture';
import { llama } from './architectures/llama';
import { mistral } from './architectures/mistral';
import { qwen2 } from './architectures/qwen2';
import { qwen3 } from './architectures/qwen3';
import { Fields, parseCommon, type ModelConfig } from './config';

const architectures: readonly Architecture[] = [llama, mistral, qwen2, qwen3];

/** The architecture that config.json names. FormatError `unknown-architecture` when it is not one of ours. */
export function architectureOf(config: Readonly<Record<string, unknown>>): Architecture {
  const found = new Fields(config).text('model_type');
  const known = architectures.find(({ name }) => name === found);
  if (known) return known;
  const supported = architectures.map(({ name }) => name).join(', ');
  const shown = found === null ? 'no model_type' : `"${found.slice(0, 80)}"`;
  throw new FormatError(
    'unknown-architecture',
    `config.json: the architecture is ${shown}; supported are ${supported}. Open a model of one of these families.`,
    { file: 'config.json', field: 'model_type', found: shown, expected: supported },
  );
}

/** FormatError names field, found and expected. */
export function parseConfig(config: Readonly<Record<string, unknown>>): ModelConfig {
  const architecture = architectureOf(config);
  const fields = new Fields(config);
  const common = parseCommon(fields, architecture);
  return { ...common, ...architecture.particulars(fields, common) };
}
