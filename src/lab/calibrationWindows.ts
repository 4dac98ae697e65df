/**
 * What calibration runs on: windows of a text, passages with pictures in them, or both. H is a mean over all tokens of the language model's input,
 * the places of pictures among them.
 */
import type { Checkpoint } from '../formats/checkpoint';
import type { LabelledText } from '../formats/text';
import type { Gpu } from '../gpu/gpu';
import type { Model } from '../model/model';
import type { RunEvent, RunSettings, TextCard } from '../log/events';
import { calibrationParts, requireVocabulary } from '../measures/windows';
import type { TokenBatch } from './calibrate';
import { pictureIdentity, picturePassages, type PictureTask } from './pictureWindows';
import { shortPictures, shortSupply } from './remarks';
import { textCard } from './textCard';

/** Ids that run through the model on their own. */
export interface CalibrationWindow {
  readonly ids: Uint32Array;
  /** Of the pictures among them, [places, hidden] f32; none in a text. */
  readonly features?: Float32Array<ArrayBuffer>;
}

export interface CalibrationWindows {
  /** Disjoint parts; points are calibrated on the first, and on the others to see what they owe to it. */
  readonly parts: readonly (readonly CalibrationWindow[])[];
  readonly text: TextCard | null;
  readonly pictures?: TextCard;
  readonly remarks: readonly RunEvent[];
}

/** What a run was given. */
export interface Given {
  readonly gpu: Gpu;
  readonly checkpoint: Checkpoint;
  readonly calibration: LabelledText | null;
  readonly calibrationPictures?: PictureTask;
  readonly signal: AbortSignal;
}

type Asked = Pick<RunSettings, 'context' | 'calibrationTokens' | 'calibrationDraws'>;

/**
 * The calibration that a run was given; null for none. A text and pictures together have half of the tokens each. Errors as those of
 * `calibrationParts` and `picturePassages`.
 */
export async function readCalibration(
  input: Given,
  model: Model,
  { context, calibrationTokens, calibrationDraws: draws = 1 }: Asked,
): Promise<CalibrationWindows | null> {
  const { calibration: text, calibrationPictures: task, checkpoint, signal } = input;
  if (!text && !task) return null;
  const tokens = text && task ? Math.max(1, Math.floor(calibrationTokens / 2)) : calibrationTokens;
  const texts = text && (await textParts(checkpoint, model, text, { context, tokens, draws, signal }));
  const seen = task && (await picturePassages({ ...input, model, task, context }, tokens, draws));
  const tokensIn = (parts: readonly (readonly CalibrationWindow[])[]) =>
    parts.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  const shown = seen && task && { ...seen, label: task.set.label, tokens: tokensIn(seen.parts) };
  const { card, tower } = model;
  for (const part of seen?.parts ?? [])
    requireVocabulary(idsOf(part), card.vocabulary, task?.set.label ?? '', tower?.id);
  const remarks = [
    texts && shortSupply('calibration', { ...{ context, label: texts.label, asked: tokens }, windows: texts.windows }),
    shown?.supply === 'all' && shortPictures({ ...shown, records: shown.parts.flat().length, asked: tokens * draws }),
  ];
  return {
    parts: Array.from({ length: draws }, (_, i) => [...(texts?.parts[i] ?? []), ...(seen?.parts[i] ?? [])]),
    text: text && (await textCard(text, texts?.tokens ?? 0)),
    ...(shown && task && { pictures: await textCard(pictureIdentity(task), shown.tokens) }),
    remarks: remarks.filter((remark) => !!remark),
  };
}

interface Cut {
  readonly context: number;
  readonly tokens: number;
  readonly draws: number;
  readonly signal: AbortSignal;
}

async function textParts(
  checkpoint: Checkpoint,
  { card }: Model,
  { label, text }: LabelledText,
  { context, tokens, draws, signal }: Cut,
) {
  const tokenizer = await checkpoint.tokenizer();
  const found = await calibrationParts(tokenizer, text, label, context, tokens, draws, signal);
  for (const part of found.parts) requireVocabulary(part, card.vocabulary, label);
  const parts = found.parts.map((part) => part.map((ids): CalibrationWindow => ({ ids })));
  return { parts, label, tokens: found.tokens, windows: found.parts.flat().length };
}

const idsOf = (windows: readonly CalibrationWindow[]): readonly Uint32Array[] => windows.map(({ ids }) => ids);

/** Tokens of some windows. */
export const tokensOf = (windows: readonly CalibrationWindow[]): number =>
  windows.reduce((sum, { ids }) => sum + ids.length, 0);

/**
 * Windows of one length together, as many as make `tokens`, one at least: nothing is filled up, so that no token counts in H that stands in
 * no text. Lengths come in the order in which they are met.
 */
export function batchesOf(windows: readonly CalibrationWindow[], tokens: number): TokenBatch[] {
  const byLength = new Map<number, CalibrationWindow[]>();
  for (const window of windows) {
    const { length } = window.ids;
    byLength.set(length, [...(byLength.get(length) ?? []), window]);
  }
  return [...byLength].flatMap(([length, alike]) => {
    const together = Math.max(1, Math.floor(tokens / length));
    return Array.from({ length: Math.ceil(alike.length / together) }, (_, i) =>
      batchOf(alike.slice(i * together, (i + 1) * together), length),
    );
  });
}

function batchOf(windows: readonly CalibrationWindow[], length: number): TokenBatch {
  const ids = new Uint32Array(windows.length * length);
  windows.forEach((window, i) => ids.set(window.ids, i * length));
  const features = windows.flatMap((window) => window.features ?? []);
  return { ids, batch: { windows: windows.length, length }, ...(features.length && { features }) };
}
