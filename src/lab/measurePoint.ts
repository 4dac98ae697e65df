/** The step that orders are made of second: one point, all of whose sites are solved, on the windows of the evaluation. */
import { assert, present } from '../util/assert';
import { sha256 } from '../util/hash';
import type { PlannedPoint, PointResult, Quality, RunEvent } from '../log/events';
import { measuredWindows, scoredPerWindow } from '../measures/windows';
import { worked, type Bench } from './bench';
import type { EvaluationStep, PointModel } from './evaluate';
import { requireFinite } from './failure';
import { pointBlocks } from './pointModel';
import { isQuantized, placementOf, solvedAt, type PreparedPoint } from './prepare';
import { sizeOf } from './size';
import { openTables } from './tables';
import { foreignFrom, frequencyEntropy } from './textFacts';
import { headPasses } from './work';

const isFinished = ({ results }: Bench, { id }: PlannedPoint): boolean => results.some((result) => result.id === id);

/** Measures full precision until `windows` are in; the other points are compared with it, and come no further. */
export async function* measureReference(
  bench: Bench,
  point: PlannedPoint,
  windows = Infinity,
): AsyncGenerator<RunEvent> {
  const { model, accounts, source } = bench;
  assert(!isQuantized(point), 'the first point is full precision');
  if (isFinished(bench, point)) return;
  if (!accounts.of(point).measuring) yield { type: 'point-started', point: point.id };
  const embed: PointModel['embed'] = (scope, ids, length, features) =>
    model.embed(scope, ids, length, undefined, features);
  const hash = () => sha256(model.card.fingerprint);
  yield* measure(bench, point, { blocks: source, embed }, windows, hash);
}

/** Measures a point until `windows` are in. Nothing is left to do where it is finished. */
export async function* measurePoint(bench: Bench, point: PreparedPoint, windows = Infinity): AsyncGenerator<RunEvent> {
  if (isFinished(bench, point)) return;
  const { model, source, budgets, accounts } = bench;
  const { gpu } = bench.input;
  using home = gpu.scope(`point ${point.id}`);
  const tables = yield* openTables(bench, point, home);
  const blocks = pointBlocks(gpu, model, source, (site) => solvedAt(point, site), home, budgets.weights);
  const hash = () => {
    const places = [...accounts.of(point).hashes].map(([site, of]) => `${placementOf(point, site).words} ${of}`);
    return sha256(places.sort().join('\n'));
  };
  yield* measure(bench, point, { blocks, ...tables }, windows, hash);
}

async function* measure(
  bench: Bench,
  point: PlannedPoint,
  model: PointModel,
  upTo: number,
  hash: () => Promise<string>,
): AsyncGenerator<RunEvent> {
  const { clock, costs, windows, accounts, evaluation, work, results } = bench;
  const scoredShare = scoredPerWindow(windows) / windows.context;
  const account = accounts.of(point);
  account.measuring ??= evaluation.begin(point.id);
  const size = sizeOf(bench.model, account);
  let finished: Extract<EvaluationStep, { kind: 'finished' }> | null = null;
  let resumed = clock();
  for await (const step of evaluation.advance(account.measuring, model, upTo)) {
    account.seconds += clock() - resumed;
    if (step.kind === 'measured') {
      const { quality } = step;
      requireMeasured(quality, point.id);
      account.quality = quality;
      yield { type: 'window-evaluated', point: point.id, windowsTotal: measuredWindows(windows), size, quality };
    } else if (step.kind === 'finished') {
      finished = step;
    } else {
      const kind = work.scoring(step.part, point);
      const perToken = step.part === 'block' ? costs.block : costs.head * scoredShare * headPasses(point);
      yield* worked(bench, kind, point.id, step.tokens * perToken);
    }
    resumed = clock();
  }
  if (!finished) return;
  const { values, tokens } = present(account.quality, 'the quality of a point');
  const { id, method, bits, group } = point;
  const result: PointResult = {
    ...{ id, method, bits, group, size, values, tokens },
    seconds: account.seconds,
    hash: await hash(),
  };
  results.push(result);
  const { losses, byBlock } = finished;
  yield { type: 'point-finished', result, losses, ...(Object.keys(byBlock).length > 0 && { byBlock }) };
  if (!isQuantized(point)) yield* doubtText(bench, values);
}

/** @throws NumericError where a mean is not finite; an end of an interval may be unknown. */
function requireMeasured({ values }: Quality, point: string): void {
  for (const [name, { mean }] of Object.entries(values)) requireFinite(mean, `${point}: ${name}`);
}

/** Says where the model does not know the evaluation text: what rounding costs there is not what it costs in use. */
function* doubtText({ windows, input }: Bench, { perplexity }: Quality['values']): Generator<RunEvent> {
  // What is told of pictures has fewer words than a text that a model does not know.
  if (!perplexity || windows.scored) return;
  const share = Math.log(perplexity.mean) / frequencyEntropy(windows.ids, windows.firstScored);
  if (share >= foreignFrom) {
    yield { type: 'text-doubted', doubt: 'foreign', text: input.evaluation.label, share: Math.min(share, 1e6) };
  }
}
