/** What a run is measured on and calibrated on as well: passages of the texts, or pictures. */
import type { Model } from '../model/model';
import { spanOf, type Windows } from '../measures/windows';
import type { CalibrationWindows } from './calibrationWindows';
import type { RunInput } from './opening';
import type { PictureTask } from './pictureWindows';
import { overlap } from './textFacts';

/** The larger of the two shares, 0 to 1. The places of pictures are no passages: they are alike behind every picture. */
export function shareInBoth(
  { pictures, calibrationPictures }: Pick<RunInput, 'pictures' | 'calibrationPictures'>,
  { tower }: Pick<Model, 'tower'>,
  windows: Windows,
  { parts }: Pick<CalibrationWindows, 'parts'>,
): number {
  const words = (ids: Uint32Array) => (tower ? ids.filter((id) => id !== tower.id) : ids);
  const measured = windows.ids.map((ids, i) => words(ids.subarray(0, spanOf(windows, i).end)));
  const calibrated = parts.flat().map(({ ids }) => words(ids));
  return Math.max(overlap(measured, calibrated), picturesInBoth(pictures, calibrationPictures));
}

/** Share of the evaluated records whose picture is one of the calibration's. */
function picturesInBoth(evaluation: PictureTask | undefined, calibration: PictureTask | undefined): number {
  if (!evaluation || !calibration) return 0;
  const known = new Set(calibration.set.hashes.values());
  const { records, hashes } = evaluation.set;
  return records.filter(({ image }) => known.has(hashes.get(image) ?? '')).length / records.length;
}
