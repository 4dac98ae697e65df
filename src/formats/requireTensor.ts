/** The tensor that a model needs, or what stands in its place. */
import { FormatError } from '../util/errors';
import type { Checkpoint, StoredTensor } from './checkpoint';

/** The quantized form that is stored in place of a weight, by the names that quantizers give it; undefined when there is none. */
function codedForm({ tensors, unsupported }: Checkpoint, name: string): string | undefined {
  const layer = name.replace(/weight$/, '');
  return ['qweight', 'weight_packed', 'weight.quant_state.bitsandbytes__nf4', 'qzeros', 'B', 'w_q']
    .map((form) => layer + form)
    .find((form) => tensors.has(form) || unsupported.has(form));
}

/**
 * The tensor of that name. FormatError when it is missing, stored in a type that the lab does not decode, or of another shape than the
 * config says.
 */
export function requireTensor(checkpoint: Checkpoint, name: string, shape?: readonly number[]): StoredTensor {
  const entry = checkpoint.tensors.get(name);
  if (!entry) {
    const type = checkpoint.unsupported.get(name);
    const coded = type === undefined ? codedForm(checkpoint, name) : undefined;
    if (coded) {
      throw new FormatError(
        'quantized-weights',
        `${checkpoint.name}: "${coded}" stands in place of "${name.slice(0, 200)}", so the weights are quantized already (by GPTQ, AWQ or a ` +
          'tool of their kind). Open the original model, which they were made from.',
        { tensor: name, found: coded },
      );
    }
    throw type === undefined
      ? new FormatError(
          'missing-tensor',
          `${checkpoint.name}: the tensor "${name}" is missing. The config asks for it; check that all weight files belong to this model.`,
          { tensor: name },
        )
      : new FormatError(
          'unsupported-type',
          `${checkpoint.name}: the tensor "${name}" is stored as ${type.slice(0, 40)}; F64, F32, F16 and BF16 are read. Open the model in one of these types, before it was quantized.`,
          { tensor: name, found: type.slice(0, 40) },
        );
  }
  if (shape && (shape.length !== entry.shape.length || shape.some((size, i) => size !== entry.shape[i]))) {
    throw new FormatError(
      'wrong-shape',
      `${entry.file}: the tensor "${name}" has shape [${entry.shape.join(', ')}]; by config.json it should have [${shape.join(', ')}]. ` +
        'Check that config.json and the weights belong to the same model.',
      { file: entry.file, tensor: name, found: entry.shape.join('×'), expected: shape.join('×') },
    );
  }
  return entry;
}
