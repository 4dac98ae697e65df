/**
 * A block, looked at: run on facts instead of matrices it tells which sites and tensors it has, in which shapes, and how far a change of
 * basis may pass. Nothing of this is written by hand.
 */
import { assert, present } from '../util/assert';
import type { LayerRef, Site } from './model';
import type { Block, Source, Steps } from './steps';

/** A tensor that the block reads: its name there (of a layer, a layer's bias, or a norm), where it lies, and its shape. */
export interface BlockTensor {
  /** Key in Block.weights ("self_attn.q_proj") or Block.others ("self_attn.q_proj.bias", "input_layernorm"). */
  readonly key: string;
  readonly from: Source;
  readonly shape: readonly number[];
  readonly role: 'linear' | 'norm' | 'bias';
}

export interface Traced {
  /** In the order in which they run. */
  readonly sites: readonly Site[];
  /** In the order in which they are read first. */
  readonly tensors: readonly BlockTensor[];
}

/** What becomes of a layer's rows; open until something has read them. */
interface Writer {
  writes: LayerRef['writes'] | 'open';
  headSize?: number;
}

type TracedLayer = Writer & Pick<LayerRef, 'name' | 'rows'>;

/** What is known of a value of the block. */
interface Fact {
  readonly cols: number;
  /** How a basis may pass into where the value comes from; null where it stops. */
  readonly reads: Site['reads'] | null;
  /** The layers whose rows it is, unchanged but for their places and norms. */
  readonly from: readonly Writer[];
  readonly stream: boolean;
}

/** `hidden`: width of the residual stream. */
export async function trace(block: Block, hidden: number): Promise<Traced> {
  const found: { readonly name: string; readonly fact: Fact; readonly layers: readonly TracedLayer[] }[] = [];
  const tensors = new Map<string, BlockTensor>();
  const read = (tensor: BlockTensor) => {
    assert(!tensors.has(tensor.key), `two tensors are called ${tensor.key}`);
    tensors.set(tensor.key, tensor);
  };
  /** The first reader of rows says what they are; only queries and keys are still that behind a norm of their own. */
  const say = ({ from }: Fact, writes: LayerRef['writes'], headSize?: number) => {
    for (const writer of from) {
      if (writer.writes !== 'open' && !(writer.writes === 'fixed' && writes === 'scores')) continue;
      writer.writes = writes;
      if (headSize !== undefined) writer.headSize = headSize;
    }
  };

  const steps: Steps<Fact> = {
    norm({ name, width, from }, x) {
      assert(x.cols % width === 0, `${name}: a norm of ${width} on ${x.cols} columns`);
      read({ key: name, from, shape: [width], role: 'norm' });
      if (x.stream) return { cols: x.cols, reads: { kind: 'stream', norm: name }, from: [], stream: false };
      say(x, 'fixed');
      return { ...x, reads: null };
    },
    linear(name, x, layers) {
      const made = layers.map(({ name, rows, from, bias }): TracedLayer => {
        read({ key: name, from, shape: [rows, x.cols], role: 'linear' });
        if (bias) read({ key: `${name}.bias`, from: bias, shape: [rows], role: 'bias' });
        return { name, rows, writes: 'open' };
      });
      found.push({ name, fact: x, layers: made });
      return made.map((layer) => ({ cols: layer.rows, reads: null, from: [layer], stream: false }));
    },
    add(residual, x) {
      assert(residual.cols === x.cols, `${x.cols} columns added to ${residual.cols}`);
      if (!residual.stream) return { ...x, reads: null, from: [...residual.from, ...x.from] };
      say(x, 'stream');
      return residual;
    },
    rotate: (x) => x,
    attend(q, k, v, { heads, keyValueHeads, size }) {
      assert(
        q.cols === heads * size && k.cols === keyValueHeads * size && v.cols === k.cols,
        `${heads} heads of ${size}`,
      );
      for (const scored of [q, k]) say(scored, 'scores');
      say(v, 'heads', size);
      return { cols: q.cols, reads: { kind: 'heads', size, repeat: heads / keyValueHeads }, from: [], stream: false };
    },
    gate(gate, up) {
      assert(gate.cols === up.cols, `a gate of ${gate.cols} columns on ${up.cols}`);
      say(gate, 'fixed');
      say(up, 'channels');
      return { cols: up.cols, reads: { kind: 'channels' }, from: [], stream: false };
    },
  };
  await block(steps, { cols: hidden, reads: null, from: [], stream: true });

  const sites = found.map(({ name, fact, layers }): Site => ({
    name,
    cols: fact.cols,
    reads: present(fact.reads, `the source of ${name}`),
    layers: layers.map(({ writes, ...layer }) => ({ ...layer, writes: writes === 'open' ? 'fixed' : writes })),
  }));
  return { sites, tensors: [...tensors.values()] };
}
