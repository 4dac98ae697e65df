/**
 * Evaluation: windows through blocks and head to losses per token, in groups that grow, so that a first estimate comes after one
 * window. Logits are never stored: what is kept of full precision are the hidden states of the scored tokens, from which the head
 * makes the reference's logits again, tile by tile, beside the point's own.
 */
import { view, type Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Asked, OpenBlock, Head, Model } from '../model/model';
import { elementBytes, emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../tensor/matrix';
import { assert, present } from '../util/assert';
import { toBatches, type Embed, type TokenBatch } from './calibrate';
import { featuresOf } from './features';
import type { ByBlock, Quality } from '../log/events';
import { Routes } from './routes';
import { States } from './states';
import { Measurement } from '../measures/gather';
import type { ScoredWindow } from '../measures/measure';
import { scoredPerWindow, spanOf, type Span, type Windows } from '../measures/windows';

/**
 * Where the blocks of a point come from: the checkpoint, or kept layers. Opened in turn; resident ones cost nothing to open again. `room`: bytes of
 * experts that may stay as long as the block, fewer than usual.
 */
export interface Blocks {
  readonly residency: 'resident' | 'streamed';
  open(scope: Scope, index: number, room?: number): Promise<OpenBlock>;
}

/** A model as a point has it. */
export interface PointModel {
  readonly blocks: Blocks;
  readonly embed: Embed;
  /** Its own head, where the recipe quantizes it. */
  readonly ownHead?: Head;
}

/**
 * What evaluation says as it goes: tokens through one block or the head, the quality after one more group, and at the end the mean
 * loss of every window, in nats per token, and what is told block by block.
 */
export type EvaluationStep =
  | { readonly kind: 'worked'; readonly tokens: number; readonly part: 'block' | 'head' }
  | { readonly kind: 'measured'; readonly quality: Quality }
  | { readonly kind: 'finished'; readonly losses: readonly number[]; readonly byBlock: ByBlock };

/** How far a point is measured. */
export interface Measuring {
  readonly measurement: Measurement;
  /** Groups that are in. */
  done: number;
}

export class Evaluation implements Disposable {
  /** Groups of windows: 1, 1, 2, 4, … up to the batch size. */
  readonly groups: readonly TokenBatch[];
  /** The first window of each. */
  readonly #firsts: readonly number[];
  readonly #referenceStates: States;
  readonly #routes = new Routes();
  #reference: Measurement | null = null;

  constructor(
    readonly gpu: Gpu,
    readonly model: Model,
    readonly head: Head,
    readonly windows: Windows,
    windowsPerBatch: number,
    readonly signal: AbortSignal,
    /** Bytes of hidden states on the GPU: of the reference, and of what travels through streamed blocks together. */
    readonly budget: number,
  ) {
    this.groups = growingGroups(windows, windowsPerBatch);
    let first = 0;
    this.#firsts = this.groups.map(({ batch }) => (first += batch.windows) - batch.windows);
    const scored = windows.ids.length * scoredPerWindow(windows);
    this.#referenceStates = new States(gpu, 'reference states', scored * model.card.hidden * 4, budget);
  }

  /** A point's measurement, to be moved on by `advance`. The first that is begun is full precision, and what the others are compared with. */
  begin(point: string): Measuring {
    const measuring = { measurement: new Measurement(point, this.windows, this.#reference), done: 0 };
    this.#reference ??= measuring.measurement;
    return measuring;
  }

  /**
   * Measures on until `windows` of them are in, in whole groups; yields the quality after each group. Full precision must have come as
   * far before. Where a measurement pauses makes no difference to its values.
   */
  async *advance(measuring: Measuring, model: PointModel, windows: number): AsyncGenerator<EvaluationStep> {
    const { gpu } = this;
    const { measurement } = measuring;
    for (const pass of this.#passes(model.blocks, measuring.done, windows)) {
      const tokens = pass.reduce((sum, { ids }) => sum + ids.length, 0);
      using states = new States(gpu, 'evaluation states', tokens * this.model.card.hidden * 4, this.budget);
      yield* this.#runBlocks(states, pass, model, measurement.reference ? 'point' : 'reference');
      for (const [i, group] of pass.entries()) {
        using local = gpu.scope('head');
        const index = this.groups.indexOf(group);
        const scores = await this.#score(local, index, group, states.get(local, i), measurement, model.ownHead);
        for (const window of scores) measurement.add(window);
        measuring.done = index + 1;
        yield { kind: 'worked', tokens: group.ids.length, part: 'head' };
        // Nothing is told yet where all so far are wrong answers.
        const quality = measurement.measured();
        if (quality.windows > 0) yield { kind: 'measured', quality };
      }
    }
    if (measuring.done === this.groups.length) {
      yield { kind: 'finished', losses: measurement.losses(), byBlock: measurement.byBlock() };
    }
  }

  /**
   * Which groups travel together, from group `first` until `windows` are in: one at a time through resident blocks; through streamed
   * ones the first alone, then as many as fit.
   */
  *#passes(blocks: Blocks, first: number, windows: number): Generator<readonly TokenBatch[]> {
    const perToken = this.model.card.hidden * 4;
    let pass: TokenBatch[] = [];
    let bytes = 0;
    let seen = 0;
    for (const [i, group] of this.groups.entries()) {
      if (seen >= windows) break;
      seen += group.batch.windows;
      if (i < first) continue;
      const size = group.ids.length * perToken;
      const alone = i < 2 || blocks.residency === 'resident';
      if (pass.length && (alone || bytes + size > this.budget)) {
        yield pass;
        pass = [];
        bytes = 0;
      }
      pass.push(group);
      bytes += size;
    }
    if (pass.length) yield pass;
  }

  /** Brings the groups' hidden states behind the last block. */
  async *#runBlocks(
    states: States,
    pass: readonly TokenBatch[],
    { blocks, embed }: PointModel,
    of: 'reference' | 'point',
  ): AsyncGenerator<EvaluationStep> {
    const { gpu, model, signal } = this;
    for (const [i, group] of pass.entries()) {
      this.#routes.begin(this.groups.indexOf(group));
      using local = gpu.scope('embedding');
      const features = featuresOf(local, this.#among(group, this.windows.features), model.card.hidden);
      await states.put(i, await embed(local, group.ids, group.batch.length, features));
    }
    for (let index = 0; index < model.blockCount; index++) {
      using opened = gpu.scope('block');
      const block = await blocks.open(opened, index);
      for (const [i, group] of pass.entries()) {
        using local = gpu.scope('forward');
        const { ids, batch } = group;
        const place = this.groups.indexOf(group);
        const routed: Asked['routed'] = (choice, count) => this.#routes.note(of, place, index, choice, count);
        const next = await model.forward(local, block, states.get(local, i), batch, undefined, { routed, signal });
        await states.put(i, next);
        await gpu.pace(signal);
        yield { kind: 'worked', tokens: ids.length, part: 'block' };
      }
    }
  }

  /** What belongs to the windows of a group. */
  #among<T>(group: TokenBatch, all: readonly T[] | undefined): readonly T[] {
    const first = present(this.#firsts[this.groups.indexOf(group)], 'the first window of a group');
    return all?.slice(first, first + group.batch.windows) ?? [];
  }

  /** Losses of a group's scored tokens, window by window. Keeps the states where they are the reference's. */
  async #score(
    scope: Scope,
    index: number,
    group: TokenBatch,
    hidden: Matrix,
    { reference }: Measurement,
    ownHead: Head | undefined,
  ): Promise<ScoredWindow[]> {
    const { gpu, head, windows } = this;
    const spans = this.#among(
      group,
      windows.ids.map((_, window) => spanOf(windows, window)),
    );
    const choices = this.#among(group, windows.choices);
    const shown = this.#among(group, windows.shown);
    const rows = scoredRows(gpu, scope, hidden, group, spans);
    const targets = uploadMatrix(scope, scoredTargets(group, spans), rows.rows, 1, 'targets');
    const cut = (column: Float32Array) => {
      let end = 0;
      return spans.map((span) => column.slice(end, (end += span.end - span.first)));
    };
    if (!reference) {
      await this.#referenceStates.put(index, rows);
      const { nll } = head.score(scope, rows, targets);
      return cut(await readMatrix(gpu, nll)).map((window, i) => ({
        ...{ nll: window, choice: choices[i], picture: shown[i] },
      }));
    }
    const result = head.compare(scope, this.#referenceStates.get(scope, index), rows, targets, ownHead);
    const changed = this.#routes.take(index);
    const cutBlock = (of: Uint8Array) => scoredOf(of, group, spans);
    const rerouted = changed && new Map([...changed].map(([block, of]) => [block, cutBlock(of)]));
    const [nll, kld, agree] = [
      cut(await readMatrix(gpu, result.nll)),
      cut(await readMatrix(gpu, result.kld)),
      cut(await readMatrix(gpu, result.agree)),
    ];
    return nll.map((window, i) => ({
      nll: window,
      kld: kld[i] as Float32Array,
      agree: agree[i] as Float32Array,
      rerouted: rerouted ? new Map([...rerouted].map(([block, of]) => [block, present(of[i], 'a window')])) : undefined,
      choice: choices[i],
      picture: shown[i],
    }));
  }

  [Symbol.dispose](): void {
    this.#referenceStates[Symbol.dispose]();
  }
}

function growingGroups({ ids, context }: Windows, windowsPerBatch: number): TokenBatch[] {
  const groups: TokenBatch[] = [];
  for (let at = 0; at < ids.length;) {
    const size = Math.min(windowsPerBatch, Math.max(1, at), ids.length - at);
    groups.push(...toBatches(ids.slice(at, at + size), context, size));
    at += size;
  }
  return groups;
}

/** Rows that predict a scored id, of every window, packed: [scored, hidden]. */
function scoredRows(gpu: Gpu, scope: Scope, hidden: Matrix, { batch }: TokenBatch, spans: readonly Span[]): Matrix {
  const scored = spans.reduce((sum, { first, end }) => sum + end - first, 0);
  const packed = emptyMatrix(scope, scored, hidden.cols, 'scored states');
  const rowBytes = hidden.cols * elementBytes[hidden.type];
  assert(hidden.type === 'f32', 'hidden states are float32');
  let filled = 0;
  for (const [i, { first, end }] of spans.entries()) {
    const from = hidden.view.offset + (i * batch.length + first - 1) * rowBytes;
    const bytes = (end - first) * rowBytes;
    gpu.copy(
      view(hidden.view.buffer, from, bytes),
      view(packed.view.buffer, packed.view.offset + filled * rowBytes, bytes),
    );
    filled += end - first;
  }
  return packed;
}

/** Of what every token has, that of the tokens that predict a scored one, window by window. */
const scoredOf = (column: Uint8Array, { batch }: TokenBatch, spans: readonly Span[]): readonly Uint8Array[] =>
  spans.map(({ first, end }, i) => column.slice(i * batch.length + first - 1, i * batch.length + end - 1));

const scoredTargets = ({ ids, batch }: TokenBatch, spans: readonly Span[]): Uint32Array =>
  Uint32Array.from(
    spans.flatMap(({ first, end }, i) => [...ids.subarray(i * batch.length + first, i * batch.length + end)]),
  );
