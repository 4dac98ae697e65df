/**
 * A run: model × recipes × texts → events. Full precision is measured first, then each point is quantized and measured; nothing is
 * thrown at the caller: a stop and a failure are events, too, and end the log. Results depend on the request and the adapter alone,
 * never on time, so a run that was interrupted and run again ends in the same hashes.
 */
import { fingerprintText } from '../formats/fingerprint';
import type { LabelledText } from '../formats/text';
import { openModel } from '../model/openModel';
import { Cancelled, RecipeError, toErrorRecord } from '../util/errors';
import type { RunEvent, TextCard } from '../log/events';
import { costsOf, requireMoments, requireSites, settle, windowsPerBatch } from './plan';
import type { RunInput } from './opening';
import { rawWikiText, shortSupply } from './remarks';
import { openBench } from './bench';
import { pictureWindows, type PictureTask } from './pictureWindows';
import { quantizeAndMeasure } from './sweep';
import { takeOver, type RunStarted } from '../log/takeOver';
import { muchOverlap, overlap } from './textFacts';
import { chooseTiles } from './tiles';
import { calibrationParts, evaluationWindows, requireVocabulary, type Windows } from '../measures/windows';

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
  const asked = settle(input.settings, input.calibration ? 'given' : 'none', card.maxContext);
  requireSites(model, asked.points);
  if (input.calibration) {
    const maxBufferSize = gpu.card.limits['maxBufferSize'] ?? Infinity;
    requireMoments(model, asked.points, { maxBufferSize, bindable: gpu.bindable });
  }
  const { protocol, context, maxTokens, calibrationTokens } = asked;
  const tokenizer = await checkpoint.tokenizer();
  const { label, text } = input.evaluation;
  const windows: Windows =
    protocol === 'pictures' || protocol === 'other-pictures'
      ? await pictureWindows({
          ...{ gpu, model, checkpoint, context, maxTokens, signal, task: requirePictures(input) },
          which: protocol === 'pictures' ? 'own' : 'others',
        })
      : await evaluationWindows(tokenizer, text, label, protocol, context, maxTokens, signal);
  requireVocabulary(windows.ids, card.vocabulary, label);
  const source = input.calibration;
  const draws = asked.calibrationDraws ?? 1;
  const calibration =
    source && (await calibrationParts(tokenizer, source.text, source.label, context, calibrationTokens, draws, signal));
  for (const part of calibration?.parts ?? []) requireVocabulary(part, card.vocabulary, source?.label ?? '');
  await gpu.pace(signal);

  const calibrationCard = input.calibration && (await textCard(input.calibration, calibration?.tokens ?? 0));
  const started: RunStarted = {
    type: 'run-started',
    app: input.appVersion,
    at: (input.now?.() ?? new Date()).toISOString(),
    settings: asked,
    model: card,
    adapter: gpu.card,
    calibration: calibrationCard,
    evaluation: await textCard(input.evaluation, windows.tokens),
  };
  const { settings, done } = takeOver(started, input.earlier ?? [], input.keepEarlier ?? 'asked');
  yield { ...started, settings };
  if (calibration) {
    const share = overlap(windows.ids, calibration.parts.flat());
    if (share >= muchOverlap) yield { type: 'text-doubted', doubt: 'overlap', text: label, share };
  }
  const supply = { context, label: input.evaluation.label, asked: maxTokens, windows: windows.ids.length };
  const remarks = [
    rawWikiText(protocol, input.evaluation),
    shortSupply('evaluation', supply),
    calibration &&
      input.calibration &&
      shortSupply('calibration', {
        context,
        label: input.calibration.label,
        asked: calibrationTokens,
        windows: calibration.parts.flat().length,
      }),
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
    calibration: calibration &&
      calibrationCard && { parts: calibration.parts, fingerprint: calibrationCard.fingerprint },
    costs,
    perBatch: windowsPerBatch(model, costs, context),
    clock,
  });
  yield* quantizeAndMeasure(bench);
}

function requirePictures({ pictures }: RunInput): PictureTask {
  if (pictures) return pictures;
  throw new RecipeError('bad-setting', 'protocol: pictures are evaluated, and none were given. Give a set of them.', {
    path: 'protocol',
  });
}

async function textCard({ label, text }: LabelledText, tokens: number): Promise<TextCard> {
  return { label, fingerprint: await fingerprintText(text), bytes: new TextEncoder().encode(text).length, tokens };
}
