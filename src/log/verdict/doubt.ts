/** Doubts about the texts of a run, in words. Pure. */
import type { Doubt } from '../link/sharedRun';

/** `text`: name of the evaluation text. */
export function doubtLine({ doubt, text, share }: Doubt & { readonly text: string }): string {
  return doubt === 'overlap'
    ? `${text} shares ${Math.max(1, Math.round(100 * share))} % of its passages or pictures with what is calibrated on: methods that are calibrated on what they are measured on look better than they are. Take others that have nothing in common.`
    : `${text} seems foreign to this model, which predicts it hardly better than the frequencies of its words do. What rounding costs on it may differ from what it costs on text that the model was made for.`;
}
