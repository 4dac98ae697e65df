/** From what was measured to what claims ask for. Pure. */
import { needsCalibration } from '../../../src/quant/recipe/parseRecipe';
import { someRecipe } from '../../../src/quant/recipe/assignment';
import { present } from '../../../src/util/assert';
import { structures, type ZooModel } from './models';
import { seed } from './measure';
import { settingsText, type Results } from './results';
import { extraSets, levelSet, mainSet, pictureSets, type PointSet } from './sets';
import { Study } from './study';

/** A model, its fingerprint, and what it is asked. */
export interface Opened {
  readonly model: ZooModel;
  readonly fingerprint: string;
  readonly sets: readonly PointSet[];
}

/** Everything that a model is asked, in the order of measuring: the table, what goes beyond it, pictures; or what levels are asked. */
export function setsOf({ structure, level }: ZooModel): readonly PointSet[] {
  const { kind } = present(
    structures.find(({ name }) => name === structure),
    structure,
  );
  if (level !== 100) return [levelSet()];
  return [mainSet(), ...extraSets(structure, kind), ...(kind === 'pictures' ? pictureSets() : [])];
}

/** Sets under the usual calibration and on stories are one. */
const placeOf = ({ name }: PointSet) => (['table', 'beyond', 'levels'].includes(name) ? 'usual' : name);

export function studyOf(models: readonly Opened[], results: Results): Study {
  const study = new Study();
  for (const { model, fingerprint, sets } of models) {
    const { structure, level, bundled } = model;
    for (const set of sets) {
      const settings = settingsText(set, seed);
      const facts = results.facts(fingerprint, settings, set.name) ?? null;
      const full = results.point(fingerprint, settings, null);
      const place = placeOf(set);
      if (full && place === 'usual' && !study.model(structure, level)) {
        study.addModel({ structure, level, bundled, full, facts });
      }
      if (facts) study.addFacts(structure, { set: place, level }, facts);
      const calibration = {
        tokens: set.settings.calibrationTokens,
        inputs: facts?.widestInputs ?? null,
        leaked: false,
      };
      for (const point of set.points) {
        const measured = results.point(fingerprint, settings, point);
        const calibrated = someRecipe(point.assignment, needsCalibration);
        if (measured)
          study.addPoint(structure, { set: place, level }, point.id, { measured, supply: { calibrated, calibration } });
      }
      if (full) {
        const supply = { calibrated: false, calibration };
        study.addPoint(structure, { set: place, level }, 'full precision', { measured: full, supply });
      }
    }
  }
  return study;
}
