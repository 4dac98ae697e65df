/**
 * A block, looked at: run on facts instead of matrices it tells which sites and tensors it has, in which shapes, and how far a change of
 * basis may pass. Nothing of this is written by hand.
 */
import { assert } from '../util/assert';
import type { HeadPlan } from './blueprint';
import type { LayerRef, Routed, Site } from './model';
import type { Block, Gains, NormRule, Parameter, RouteRule, ScanRule, Source, Steps } from './steps';

/** A vector or matrix that the block reads: its name there (of a layer, a layer's bias, or a norm), where it lies, and its shape. */
export interface BlockTensor {
  /** Key in Block.weights ("self_attn.q_proj") or Block.others ("self_attn.q_proj.bias", "input_layernorm"). */
  readonly key: string;
  /** Null where the model has none of it: ones for a norm, zeros for a bias. */
  readonly from: Source | null;
  readonly shape: readonly number[];
  /** `state`: what a scan reads beside its inputs. */
  readonly role: 'linear' | 'norm' | 'bias' | 'filter' | 'state';
  /** What is added to the stored values. */
  readonly above?: number;
}

/** Whether the residual stream of a model may be turned into another basis, and whether every norm that reads it centres it first. */
export interface StreamFacts {
  readonly turns: boolean;
  readonly centred: boolean;
}

/** What a block has beside layers and norms: experts that tokens are sent to, a state that goes along the tokens. */
export interface Structure {
  readonly experts?: Pick<RouteRule, 'experts' | 'count'>;
  readonly states?: Pick<ScanRule, 'heads' | 'states'> & { readonly channels: number };
}

export interface Traced extends Structure {
  /** In the order in which they run. */
  readonly sites: readonly Site[];
  /** In the order in which they are read first. */
  readonly tensors: readonly BlockTensor[];
}

/** A block by itself: what it asks of the stream, and what it is in the stream of a whole model. */
export interface TracedBlock {
  readonly stream: StreamFacts & { readonly kinds: ReadonlySet<NormRule['kind']> };
  readonly in: (stream: StreamFacts) => Traced;
}

/** The stream turns where every block and the head let it. */
export function turning(
  blocks: readonly TracedBlock[],
  { gains, rule }: Pick<HeadPlan, 'gains' | 'rule'>,
): StreamFacts {
  const kinds = new Set([rule.kind, ...blocks.flatMap(({ stream }) => [...stream.kinds])]);
  return {
    turns: gains !== null && kinds.size === 1 && blocks.every(({ stream }) => stream.turns),
    centred: kinds.size === 1 && kinds.has('layer'),
  };
}

/** What becomes of a layer's rows; open until something has read them. */
interface Writer {
  writes: LayerRef['writes'] | 'open';
  headSize?: number;
}

type TracedLayer = Writer & Pick<LayerRef, 'name' | 'rows'>;

/** A norm of the stream, as its readers see it. */
interface StreamReader {
  readonly kind: 'stream';
  readonly norm: string | null;
  scales: boolean;
  /** Sites that read it. */
  readonly readers: Set<string>;
}

/** What is known of a value of the block. */
interface Fact {
  readonly cols: number;
  /** How a basis may pass into where the value comes from; null where it stops. */
  readonly reads: StreamReader | Exclude<Site['reads'], { readonly kind: 'stream' }> | null;
  /** The layers whose rows it is, unchanged but for their places and norms. */
  readonly from: readonly Writer[];
  readonly stream: boolean;
}

/** A site, while its layers' rows are not all read. */
interface Found extends Pick<Site, 'name' | 'stays' | 'routed'> {
  readonly fact: Fact;
  readonly layers: readonly TracedLayer[];
}

/** `hidden`: width of the residual stream. */
export async function trace(block: Block, hidden: number): Promise<TracedBlock> {
  const found: Found[] = [];
  const tensors = new Map<string, BlockTensor>();
  const kinds = new Set<NormRule['kind']>();
  let turns = true;
  let structure: Structure = {};
  /** The expert whose steps are looked at. */
  let expert: Pick<Routed, 'expert' | 'share'> | null = null;
  /** Of values that every token has: the first site that reads them. */
  const everywhere = new Map<Fact, string>();
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

  const parameter = (role: BlockTensor['role'], { name, shape, from }: Parameter) =>
    read({ key: name, from, shape, role });

  const steps: Steps<Fact> = {
    norm(gains, x, { kind }) {
      const { name, width, run = width } = gains;
      assert(x.cols % width === 0 && width % run === 0, `${name}: a norm of ${width} on ${x.cols} columns`);
      for (const tensor of normTensors(gains, kind)) read(tensor);
      if (x.stream) {
        kinds.add(kind);
        return {
          cols: x.cols,
          reads: { kind: 'stream', norm: name, scales: true, readers: new Set() },
          from: [],
          stream: false,
        };
      }
      say(x, 'fixed');
      return { ...x, reads: width === x.cols && gains.from ? { kind: 'gains', norm: name } : null };
    },
    linear(name, x, layers, usually) {
      const made = layers.map(({ name, rows, from, bias }): TracedLayer => {
        read({ key: name, from, shape: [rows, x.cols], role: 'linear' });
        if (bias) read({ key: `${name}.bias`, from: bias, shape: [rows], role: 'bias' });
        return { name, rows, writes: 'open' };
      });
      const reads = sourceOf(x);
      if (reads?.kind === 'stream') reads.readers.add(name);
      if (expert === null && !everywhere.has(x)) everywhere.set(x, name);
      const routed = expert && { ...expert, like: everywhere.get(x) ?? null };
      found.push({
        ...{ name, fact: { ...x, reads }, layers: made },
        ...(usually && { stays: true }),
        ...(routed && { routed }),
      });
      return made.map((layer) => ({ cols: layer.rows, reads: null, from: [layer], stream: false }));
    },
    add(residual, x) {
      assert(residual.cols === x.cols, `${x.cols} columns added to ${residual.cols}`);
      const normed = residual.reads?.kind === 'stream' ? residual.reads : null;
      if (!residual.stream && !normed) return { ...x, reads: null, from: [...residual.from, ...x.from] };
      // What the norm gives is the residual too: its gains are no longer those of its readers alone, and the stream is another behind it.
      if (normed) normed.scales = false;
      // A norm between the last layer and the stream has gains that no other basis has.
      const direct = residual.stream && x.from.length > 0 && x.from.every(({ writes }) => writes === 'open');
      turns &&= direct;
      for (const writer of x.from) writer.writes = direct ? 'stream' : 'branch';
      return residual;
    },
    rotate: (x) => x,
    attend(q, k, v, { heads, keyValueHeads, size, values = size }) {
      assert(
        q.cols === heads * size && k.cols === keyValueHeads * size && v.cols === keyValueHeads * values,
        `${heads} heads of ${size}`,
      );
      const passes = isOpen(v);
      for (const scored of [q, k]) say(scored, 'scores');
      say(v, 'heads', values);
      const mixed = { kind: 'heads', size: values, repeat: heads / keyValueHeads } as const;
      return { cols: heads * values, reads: passes ? mixed : { kind: 'none' }, from: [], stream: false };
    },
    joinHeads(own, rest, heads) {
      assert(own.cols % heads === 0, `${own.cols} columns of ${heads} heads`);
      const from = [...own.from, ...rest.from];
      return { cols: own.cols + heads * rest.cols, reads: null, from, stream: false };
    },
    activate(act, x) {
      // Positive factors pass a ReLU; nothing passes the others.
      say(x, act === 'relu' ? 'channels' : 'fixed');
      return { cols: x.cols, reads: { kind: act === 'relu' ? 'channels' : 'none' }, from: [], stream: false };
    },
    gate(_, gate, up) {
      assert(gate.cols === up.cols, `a gate of ${gate.cols} columns on ${up.cols}`);
      const passes = isOpen(up);
      say(gate, 'fixed');
      say(up, 'channels');
      return { cols: up.cols, reads: { kind: passes ? 'channels' : 'none' }, from: [], stream: false };
    },
    convolve({ name, channels, taps, from, bias }, x) {
      assert(x.cols === channels, `${name}: filters of ${channels} channels on ${x.cols}`);
      read({ key: name, from, shape: [channels, 1, taps], role: 'filter' });
      if (bias) read({ key: `${name}.bias`, from: bias, shape: [channels], role: 'bias' });
      say(x, 'fixed');
      return { cols: channels, reads: null, from: [], stream: false };
    },
    softplus({ bias }, x) {
      assert(bias.shape.length === 1 && bias.shape[0] === x.cols, `${bias.name}: for ${x.cols} columns`);
      parameter('bias', bias);
      say(x, 'fixed');
      return { cols: x.cols, reads: null, from: [], stream: false };
    },
    scan({ heads, groups, states, decays, through }, { x, delta, b, c }) {
      assert(
        x.cols % heads === 0 && heads % groups === 0 && delta.cols === heads,
        `${x.cols} channels, ${heads} heads`,
      );
      assert(b.cols === groups * states && c.cols === b.cols, `${groups} groups of ${states} states`);
      parameter('state', decays);
      parameter('state', through);
      structure = { ...structure, states: { heads, states, channels: x.cols } };
      for (const value of [x, delta, b, c]) say(value, 'fixed');
      return { cols: x.cols, reads: null, from: [], stream: false };
    },
    async mixture({ experts, count }, router, x, make) {
      assert(router.cols === experts, `${experts} experts by ${router.cols} logits`);
      structure = { ...structure, experts: { experts, count } };
      say(router, 'fixed');
      const from: Writer[] = [];
      for (let e = 0; e < experts; e++) {
        expert = { expert: e, share: count / experts };
        const made = await make(e, x);
        expert = null;
        assert(made.cols === x.cols, `an expert from ${x.cols} columns to ${made.cols}`);
        from.push(...made.from);
      }
      // A weight for each row: what the rows are does not change.
      return { cols: x.cols, reads: null, from, stream: false };
    },
    weigh(x, gate) {
      assert(gate.cols === 1, `${gate.cols} gates a row`);
      say(gate, 'fixed');
      return { ...x, reads: null };
    },
    clamp(x) {
      say(x, 'fixed');
      return { ...x, reads: null };
    },
  };
  /** Rows as a layer has just made them: one layer after another, each row a channel. */
  const isOpen = ({ from }: Fact) => from.length > 0 && from.every(({ writes }) => writes === 'open');
  const sourceOf = (x: Fact): Fact['reads'] => {
    if (x.stream) return { kind: 'stream', norm: null, scales: false, readers: new Set() };
    if (x.reads || !isOpen(x)) return x.reads;
    say(x, 'channels');
    return { kind: 'channels' };
  };
  const result = await block(steps, { cols: hidden, reads: null, from: [], stream: true });
  turns &&= result.stream;

  return {
    stream: { turns, centred: kinds.has('layer'), kinds },
    in: (stream) => ({
      ...structure,
      sites: found.map(({ fact, layers, ...site }): Site => ({
        ...site,
        cols: fact.cols,
        reads: readsOf(fact, stream),
        layers: layers.map(({ writes, ...layer }) => ({
          ...layer,
          writes: writes === 'open' ? 'fixed' : writes === 'stream' && !stream.turns ? 'branch' : writes,
          ...(writes === 'stream' && stream.turns && stream.centred && { centred: true }),
        })),
      })),
      tensors: [...tensors.values()],
    }),
  };
}

function normTensors({ name, width, from, above, bias }: Gains, kind: NormRule['kind']): readonly BlockTensor[] {
  const shape = [width];
  return [
    { key: name, from, shape, role: 'norm', ...(above !== undefined && { above }) },
    ...(kind === 'layer' ? [{ key: `${name}.bias`, from: bias ?? null, shape, role: 'bias' } as const] : []),
  ];
}

function readsOf({ reads }: Fact, stream: StreamFacts): Site['reads'] {
  if (!reads) return { kind: 'none' };
  if (reads.kind !== 'stream') return reads;
  const { readers, ...norm } = reads;
  return { ...norm, ...stream, ...(readers.size > 1 && { together: [...readers] }) };
}
