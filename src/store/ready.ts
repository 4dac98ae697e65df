/** Why Run cannot be pressed, in words. Pure. */
import type { MethodMeta } from '../quant/recipe/recipe';
import { chosenMethods, isPictures, unfit } from './plan';
import type { LabState } from './state';

type Part = Pick<LabState, 'engine' | 'checkpoint' | 'setup' | 'shared' | 'mistakes'>;

/** Null when everything that the form's run needs is there. */
export function obstacle(state: Part, methods: readonly MethodMeta[]): string | null {
  const { setup } = state;
  const lacking = unready(state);
  if (lacking) return lacking;
  if (setup.methods.length === 0) return 'Choose at least one method';
  if (setup.widths.length === 0) return 'Choose at least one width';
  if (chosenMethods(setup, methods).length === 0) {
    const stuck = methods.find(({ name }) => setup.methods.includes(name));
    return stuck ? `${stuck.label}: ${unfit(stuck, setup) ?? ''}` : 'Choose at least one method';
  }
  return null;
}

/** What any run needs, whatever it measures: null when it is there. */
export function unready(state: Part): string | null {
  const { engine, checkpoint, setup, shared } = state;
  if (engine.status === 'missing') return 'Nothing can run without WebGPU';
  if (checkpoint.status === 'opening')
    return checkpoint.card || shared ? 'Opening the checkpoint…' : 'Loading the demo…';
  if (checkpoint.status === 'reading') return 'Reading the tokenizer…';
  if (engine.status === 'starting') return shared ? 'Asking for the GPU…' : 'Loading the demo…';
  if (checkpoint.tensors) return `${checkpoint.tensors.name} cannot run: see Checkpoint`;
  if (!checkpoint.card) return 'Open a checkpoint to run it';
  if (checkpoint.card.remarks?.length) return 'No text can be evaluated: see Checkpoint';
  const mistake = Object.values(state.mistakes)[0];
  if (mistake) return mistake;
  const { name, maxContext, pictures } = checkpoint.card;
  if (!pictures && [setup.evaluation, setup.calibration].some(isPictures)) {
    return `${name} takes no pictures: choose texts`;
  }
  return setup.context > maxContext ? `Context: ${name} reads at most ${maxContext} tokens` : null;
}

/** What is open cannot run, and no results of another checkpoint are shown either: charts and tables of runs have nothing to say. */
export const isBare = ({ checkpoint, run }: Pick<LabState, 'checkpoint' | 'run'>): boolean =>
  checkpoint.tensors !== null && run.about === null;
