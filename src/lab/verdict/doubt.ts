/** Doubts about the texts of a run, in words. Pure. */
import type { RunEvent } from '../events';

export function doubtLine({
  doubt,
  text,
  share,
}: Pick<Extract<RunEvent, { type: 'text-doubted' }>, 'doubt' | 'text' | 'share'>): string {
  return doubt === 'overlap'
    ? `${text} shares ${Math.min(100, Math.max(1, Math.round(100 * share)))} % of its passages with the calibration text: methods that are calibrated on what they are measured on look better than they are. Take texts that have nothing in common.`
    : `${text} seems foreign to this model, which predicts it hardly better than the frequencies of its words do. What rounding costs on it may differ from what it costs on text that the model was made for.`;
}
