/** The residual stream of a golden in another basis: everything that writes it and reads it, or all but what is forgotten. */
import { matmul } from '../../../src/reference/matmul';
import { diagonal, dual, inverse, type Basis } from '../../model/basis';
import { onColumns, onRows, type HostBlock, type HostModel, type Tensor } from '../../model/hostModel';
import { withoutCentring } from '../../model/blocksAround';

/** What may be left undone. */
export interface Forgotten {
  /** Sites whose columns stay. */
  readonly sites?: readonly string[];
  /** Layers whose rows and bias stay. */
  readonly writers?: readonly string[];
  /** Gains of norms stay where they are. */
  readonly gains?: boolean;
  /** Biases of layer norms: dropped, not folded into what reads them; or without factors. */
  readonly normBiases?: boolean;
  /** Biases of layers that write the stream stay in the old basis. */
  readonly biases?: boolean;
  /** Means are left in what is written; `start`: in the rows of the embedding alone, `layers`: in the layers alone. */
  readonly means?: 'start' | 'layers';
}

/** Turns the whole stream: gains and biases of norms are folded into what reads them, means taken out where norms subtract them. */
export function turnStream(model: HostModel, basis: Basis, forgotten: Forgotten = {}): void {
  const centred = model.head.rule.kind === 'layer';
  if (centred && forgotten.means !== 'start') centreRows(model.start);
  // Rows x become M x, x Mᵀ.
  onColumns(model.start, dual(basis));
  for (const block of model.blocks) {
    if (!forgotten.gains) foldNorms(block, forgotten);
    for (const { name, reads, layers } of block.sites) {
      if (reads.kind === 'stream' && !forgotten.sites?.includes(name)) {
        for (const layer of layers) block.reads(layer.name, basis);
      }
      for (const layer of layers) {
        if (!writesStream(layer) || forgotten.writers?.includes(layer.name)) continue;
        if (centred && forgotten.means !== 'layers')
          for (const made of withBias(block, layer.name)) centreColumns(made);
        for (const made of forgotten.biases ? [block.tensor(layer.name)] : withBias(block, layer.name)) {
          onRows(made, basis);
        }
      }
    }
    if (centred) withoutCentring(block);
  }
  turnHead(model, basis);
}

/** Factors of its own for every norm that the stream is read through, the last one too, and their inverse for all that reads it. */
export function scaleNorms(model: HostModel, factors: () => Basis, { sites = [], normBiases }: Forgotten = {}): void {
  for (const block of model.blocks) {
    const norms = new Map<string | null, Basis>();
    for (const { name, reads, layers } of block.sites) {
      if (reads.kind !== 'stream') continue;
      const basis = norms.get(reads.norm) ?? factors();
      norms.set(reads.norm, basis);
      if (!sites.includes(name)) for (const layer of layers) block.reads(layer.name, basis);
    }
    for (const [norm, basis] of norms) {
      if (norm === null) continue;
      if (normBiases) onRows(block.tensor(norm), basis);
      else block.makes(norm, basis);
    }
  }
  const { gains, bias, weight } = model.head;
  if (!gains) return;
  const basis = factors();
  for (const vector of [gains, bias]) if (vector) onRows(vector, basis);
  onColumns(weight, basis);
}

const writesStream = ({ writes }: { readonly writes: string }) => writes === 'stream' || writes === 'branch';

const withBias = ({ content }: HostBlock, layer: string): Tensor[] =>
  [layer, `${layer}.bias`].flatMap((key) => content.get(key) ?? []);

/** Norms before the stream's readers become ones; their biases go into those of the readers: W (g n + b) = (W g) n + W b. */
function foldNorms(block: HostBlock, { normBiases = false }: Forgotten = {}): void {
  const norms = new Set<string>();
  for (const { reads, layers } of block.sites) {
    if (reads.kind !== 'stream' || reads.norm === null) continue;
    norms.add(reads.norm);
    const gains = block.tensor(reads.norm);
    const bias = block.content.get(`${reads.norm}.bias`);
    for (const { name } of layers) {
      const W = block.tensor(name);
      const added = block.content.get(`${name}.bias`);
      if (bias && added && !normBiases) addTo(added, matmul(W.values, bias.values, W.rows, 1, W.cols, 'plain'));
      onColumns(W, inverse(diagonal(gains.values)));
    }
  }
  for (const norm of norms) {
    block.tensor(norm).values.fill(1);
    block.content.get(`${norm}.bias`)?.values.fill(0);
  }
}

function turnHead(model: HostModel, basis: Basis): void {
  const { head } = model;
  if (!head.gains) return;
  const { weight, added, gains, bias, rule } = head;
  if (bias) addTo(added, matmul(weight.values, bias.values, weight.rows, 1, weight.cols, 'plain'));
  onColumns(weight, inverse(diagonal(gains.values)));
  onColumns(weight, basis);
  gains.values.fill(1);
  model.head = { ...head, rule: { ...rule, kind: 'rms' }, bias: null };
}

function addTo({ values }: Tensor, more: ArrayLike<number>): void {
  values.forEach((v, i) => (values[i] = v + (more[i] as number)));
}

/** Each row less its mean. */
function centreRows({ rows, cols, values }: Tensor): void {
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * cols, (row + 1) * cols);
    const mean = part.reduce((a, b) => a + b, 0) / cols;
    part.forEach((v, i) => (part[i] = v - mean));
  }
}

/** Each column less its mean over the rows: what a layer makes has a mean of zero. */
function centreColumns({ rows, cols, values }: Tensor): void {
  for (let col = 0; col < cols; col++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * cols + col] as number;
    for (let row = 0; row < rows; row++) values[row * cols + col] = (values[row * cols + col] as number) - sum / rows;
  }
}
