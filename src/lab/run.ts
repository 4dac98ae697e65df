/**
 * A run: model × recipes × texts → events. Full precision is measured first, then each point is quantized and measured; nothing is
 * thrown at the caller: a stop and a failure are events, too, and end the log. Results depend on the request and the adapter alone,
 * never on time, so a run that was interrupted and run again ends in the same hashes.
 */
import { openModel } from '../model/openModel';
import { Cancelled, RecipeError, toErrorRecord } from '../util/errors';
import type { RunEvent } from '../log/events';
import { costsOf, requireMoments, requireSites, settle, windowsPerBatch } from './plan';
import type { RunInput } from './opening';
import { rawWikiText, shortSupply } from './remarks';
import { readCalibration } from './calibrationWindows';
import { openBench } from './bench';
import { pictureWindows, type PictureTask } from './pictureWindows';
import { quantizeAndMeasure } from './sweep';
import { takeOver, type RunStarted } from '../log/takeOver';
import { shareInBoth } from './leaks';
import { muchOverlap } from './textFacts';
import { textCard } from './textCard';
import { chooseTiles } from './tiles';
import { evaluationWindows, requireVocabulary, type Windows } from '../measures/windows';

/** Runs a request. The events are the log: run-started first; run-finished, run-stopped or run-failed last. */
export async function* run(input: RunInput): AsyncGenerator<RunEvent, void> {
  const clock = () => performance.now() / 1000;
  const start = clock();
  try {
    yield* attempt(input, clock);
  } catch (error) {
    const secondsElapsed = clock() - start;
    // A device that is lost while a stop is under way is still a stop.
    if (error instanceof Cancelled || input.signal.aborted) yield { type: 'run-stopped', secondsElapsed };
    else yield { type: 'run-failed', error: toErrorRecord(error), secondsElapsed };
  }
}

async function* attempt(input: RunInput, clock: () => number): AsyncGenerator<RunEvent, void> {
  const { gpu, checkpoint, signal } = input;
  const model = await openModel(gpu, checkpoint);
  const { card } = model;
  const given = (input.calibration ?? input.calibrationPictures) ? 'given' : 'none';
  const asked = settle(input.settings, given, card.maxContext);
  requireSites(model, asked.points);
  if (given === 'given') {
    const maxBufferSize = gpu.card.limits['maxBufferSize'] ?? Infinity;
    requireMoments(model, asked.points, { maxBufferSize, bindable: gpu.bindable });
  }
  const { protocol, context, maxTokens } = asked;
  const looks = protocol === 'pictures' || protocol === 'other-pictures';
  if (input.pictures && !looks) throw unfit(`"${protocol}" is for texts, and pictures are to be evaluated`);
  const tokenizer = await checkpoint.tokenizer();
  const { label, text } = input.evaluation;
  const windows: Windows = looks
    ? await pictureWindows({
        ...{ gpu, model, checkpoint, context, maxTokens, signal, task: requirePictures(input) },
        which: protocol === 'pictures' ? 'own' : 'others',
      })
    : await evaluationWindows(tokenizer, text, label, protocol, context, maxTokens, signal);
  requireVocabulary(windows.ids, card.vocabulary, label, windows.features && model.tower?.id);
  const calibration = await readCalibration(input, model, asked);
  await gpu.pace(signal);

  const started: RunStarted = {
    type: 'run-started',
    app: input.appVersion,
    at: (input.now?.() ?? new Date()).toISOString(),
    settings: asked,
    model: card,
    adapter: gpu.card,
    calibration: calibration?.text ?? null,
    ...(calibration?.pictures && { calibrationPictures: calibration.pictures }),
    evaluation: await textCard(input.evaluation, windows.tokens),
  };
  const { settings, done } = takeOver(started, input.earlier ?? [], input.keepEarlier ?? 'asked');
  yield { ...started, settings };
  if (calibration) {
    const share = shareInBoth(input, model, windows, calibration);
    if (share >= muchOverlap) yield { type: 'text-doubted', doubt: 'overlap', text: label, share };
  }
  const supply = { context, label: input.evaluation.label, asked: maxTokens, windows: windows.ids.length };
  const remarks = [
    rawWikiText(protocol, input.evaluation),
    // Pictures have texts of their own lengths, not windows.
    looks ? null : shortSupply('evaluation', supply),
    ...(calibration?.remarks ?? []),
  ];
  for (const remark of remarks) if (remark) yield remark;
  await chooseTiles(gpu, checkpoint, signal);
  const costs = costsOf(model, context);
  using bench = await openBench({
    input,
    model,
    settings,
    done,
    windows,
    calibration,
    costs,
    perBatch: windowsPerBatch(model, costs, context),
    clock,
  });
  yield* quantizeAndMeasure(bench);
}

function requirePictures({ pictures }: RunInput): PictureTask {
  if (pictures) return pictures;
  throw unfit('pictures are evaluated, and none were given. Give a set of them');
}

const unfit = (what: string) => new RecipeError('bad-setting', `protocol: ${what}.`, { path: 'protocol' });
