/** Whether a run may take the place of another: it has all that was measured there. Pure. */
import { someRecipe } from '../quant/recipe/assignment';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import type { RunView } from './runView';
import { plainVariants } from '../log/variants';

/** Whether every finished point of `earlier` is a finished point of `later`, measured under the same conditions. */
export function covers(later: RunView, earlier: RunView): boolean {
  const there = new Set(finishedUnder(later));
  return finishedUnder(earlier).every((point) => there.has(point));
}

/** Every finished point with everything that its values depend on, as text. A link has no time: it is never the same as a run. */
function finishedUnder({ about, points }: RunView): string[] {
  if (!about) return [];
  const { settings, model, app, adapter, texts } = about;
  const { protocol, context, maxTokens, calibrationTokens, calibrationDraws = 1, mode, seed, variants } = settings;
  const assignments = new Map(settings.points.map(({ id, assignment }) => [id, assignment]));
  return points
    .filter(({ state }) => state === 'finished')
    .map(({ id, method }) => {
      const assignment = assignments.get(id) ?? null;
      return JSON.stringify([
        [about.at === null, model.fingerprint, app, adapter, protocol, context, maxTokens, texts[0]],
        [method, assignment, assignment && seed],
        someRecipe(assignment, needsCalibration) && [
          ...[texts[1], calibrationTokens, calibrationDraws, mode],
          plainVariants(variants),
        ],
      ]);
    });
}
