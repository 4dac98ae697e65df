/** How long the form's run will take on this adapter, before it is pressed: operations over the measured rate of a product. Pure. */
import type { PlannedPoint, RunSettings } from '../log/events';
import type { HeaderCard } from '../model/card';
import { someRecipe } from '../quant/recipe/assignment';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import type { MethodMeta } from '../quant/recipe/recipe';
import { planPoints, type Setup } from './plan';
import type { RunView } from './runView';

/**
 * Seconds of a run for each second that its products alone would take at the rate of a square one: attention, small matrices, scoring,
 * compiling. Where nothing was run yet.
 */
export const usualPace = 2.5;

/** Seconds before the first point whatever the model: tiles are chosen, kernels are compiled. */
const startSeconds = 2;

/** Null where the adapter's rate was not measured. */
export function estimateSeconds(
  card: HeaderCard,
  setup: Setup,
  methods: readonly MethodMeta[],
  rate: { readonly gigaflops: number | null; readonly pace: number },
): number | null {
  if (rate.gigaflops === null) return null;
  const points = planned(setup, methods);
  return startSeconds + (rate.pace * operations(card, setup, points)) / (rate.gigaflops * 1e9);
}

interface Counts {
  readonly all: number;
  readonly calibrated: number;
}

const isCalibrated = ({ assignment }: PlannedPoint) => someRecipe(assignment, needsCalibration);

function planned(setup: Setup, methods: readonly MethodMeta[]): Counts {
  try {
    const points = planPoints(setup, methods);
    return {
      all: points.length,
      calibrated: points.filter(isCalibrated).length,
    };
  } catch {
    // Options that cannot be together: Run says so when it is pressed.
    return { all: setup.methods.length * setup.widths.length, calibrated: 0 };
  }
}

/** How long a finished run took for each second of its products alone: what the next estimate on this adapter starts from. */
export function paceOf({ about, model, points, secondsElapsed }: RunView, gigaflops: number): number | null {
  if (!about || !model || secondsElapsed === null) return null;
  const { settings } = about;
  const windows = Math.max(...points.map(({ windowsTotal }) => windowsTotal));
  const quantized = settings.points.filter(({ assignment }) => assignment);
  const counts = {
    all: quantized.length,
    calibrated: quantized.filter(isCalibrated).length,
  };
  const alone = operations(model, { ...settings, maxTokens: windows * settings.context }, counts) / (gigaflops * 1e9);
  const seconds = secondsElapsed - startSeconds;
  // A run of a moment tells of the start only.
  return seconds > startSeconds && alone > 0 ? Math.min(slowest, Math.max(quickest, seconds / alone)) : null;
}

/** What is outside was not a pace: a laptop that slept, a run that was resumed. */
export const [quickest, slowest] = [0.5, 20];

type Measured = Pick<Setup, 'context' | 'maxTokens' | 'calibrationTokens' | 'mode' | 'protocol'> &
  Pick<RunSettings, 'calibrationDraws'>;

function operations(card: HeaderCard, setup: Measured, { all, calibrated }: Counts): number {
  const draws = setup.calibrationDraws ?? 1;
  const widest = card.widestInputs ?? 4 * card.hidden;
  // Experts that a token does not go to cost it nothing.
  const idle = card.experts ? card.parameters - card.experts.activeParameters : 0;
  const block = 2 * (card.linearParameters - idle) + 4 * card.layers * setup.context * card.hidden;
  const head = 2 * card.vocabulary * card.hidden * (setup.protocol === 'gptq' ? 1 : 0.5);
  // Texts that are shorter than asked for make it faster than said.
  const tokens = setup.maxTokens ?? 300_000;
  const evaluating = tokens * ((1 + all) * block + (1 + 2 * all) * head);
  // H of the sites takes about as long as the block itself, a little more where layers are wide.
  const passes = setup.mode === 'shared' ? Math.min(1, calibrated) : 2 * calibrated;
  const calibrating = setup.calibrationTokens * passes * 2 * block;
  // A walk over the columns is a product with H's factor for every row; the factor itself is made once.
  const solving = calibrated * card.linearParameters * 2 * widest;
  // Other parts of the calibration text repeat all of it for what they calibrate.
  const redrawn = (draws - 1) * (tokens * calibrated * (block + 2 * head) + calibrating + solving);
  return evaluating + calibrating + solving + redrawn;
}
