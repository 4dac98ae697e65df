/**
 * `npm run table -- --structures`: the paper's claims on every structure of the zoo. Measures what the results do not hold yet, then writes
 * docs/structures.md (between its marks) and public/reports/*.json, which the page shows.
 *   --results FILE   keeps every finished point and goes on from there
 *   --only NAME      measures one structure alone (llama, mixtral, qwen2_moe, mamba, mamba2, llava); the others come from the results
 *   --zoo FOLDER     further models beside public/demo: levels 7 and 30, as the training script writes them; may be given again
 *   --images FILE    other captions and questions for the model of pictures than the bundled ones: JSON lines beside their pictures
 *   --table          the table alone
 *   --tokens N, --calibration-tokens N   other amounts, for a trial
 *   --into FOLDER    where docs/ and public/ lie (the project); for a trial
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openAsBlob } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openModelPath, readTextPath } from '../../../src/cli/files';
import { readPictureSet, type PictureSet } from '../../../src/formats/pictures/pictureSet';
import { holdForever, openDawn } from '../../../src/gpu/dawn';
import { Gpu } from '../../../src/gpu/gpu';
import { memoryStore } from '../../../src/lab/siteStore';
import { engineVersion } from '../../../src/util/version';
import { between } from '../tableText';
import { setsOf, studyOf, type Opened } from './gather';
import { measureSet } from './measure';
import { experimentsOf } from './experiments';
import { findModels } from './models';
import { reportOf } from './report';
import { Results } from './results';
import { measurement, type PointSet } from './sets';
import { textsOf } from './text';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** The values of an option, in order; one that has none is an error. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, at) => {
    if (arg !== option) return [];
    const value = args[at + 1];
    if (value === undefined || value.startsWith('--')) throw new Error(`${option} needs a value.`);
    return [value];
  });
}

async function picturesAt(path: string): Promise<PictureSet> {
  const beside = async (name: string) => ({ path: name, blob: await openAsBlob(join(dirname(path), name)) });
  return readPictureSet({ path: basename(path), blob: await openAsBlob(path) }, beside);
}

/** The set with the amounts that a trial asks for. */
function tried(set: PointSet, args: readonly string[]): PointSet {
  const [tokens] = valuesOf(args, '--tokens').map(Number);
  const [calibrationTokens] = valuesOf(args, '--calibration-tokens').map(Number);
  const less = {
    ...(tokens && { maxTokens: tokens }),
    ...(calibrationTokens && set.calibration === 'stories' && { calibrationTokens }),
  };
  return { ...set, settings: { ...set.settings, ...less } };
}

const calibrationOf = (models: readonly Opened[]): number =>
  models[0]?.sets[0]?.settings.calibrationTokens ?? measurement.calibrationTokens;

export async function structuresReport(args: readonly string[]): Promise<number> {
  const [file] = valuesOf(args, '--results');
  const only = valuesOf(args, '--only');
  const [into = '.'] = valuesOf(args, '--into');
  const results = new Results(file ?? null, engineVersion);
  if (results.foreign > 0) print(`${results.foreign} results of another build are not taken; they are measured again`);
  const gpu = await Gpu.create(openDawn());
  holdForever(gpu);
  const models: Opened[] = [];
  for (const model of findModels('public/demo', valuesOf(args, '--zoo'))) {
    const checkpoint = await openModelPath(model.folder);
    const sets = setsOf(model).map((set) => tried(set, args));
    models.push({ model, fingerprint: await checkpoint.fingerprint(), sets });
  }
  const stories = {
    calibration: await readTextPath('public/corpora/calibration-stories.txt'),
    evaluation: await readTextPath('public/corpora/evaluation-stories.txt'),
  };
  const shapes = (kind: string) => `public/pictures/${kind}/shapes-${kind}.jsonl`;
  const pictures = {
    calibration: await picturesAt(shapes('calibration')),
    evaluation: await picturesAt(valuesOf(args, '--images')[0] ?? shapes('evaluation')),
  };
  let failed = 0;
  // The table of every structure comes first, then all that goes beyond it, then the levels.
  const rounds = args.includes('--table') ? [0] : [0, 1];
  for (const round of rounds) {
    for (const { model, fingerprint, sets } of models) {
      if (only.length && !only.includes(model.structure)) continue;
      const whole = model.level === 100;
      const due = round === 0 ? (whole ? sets.slice(0, 1) : []) : whole ? sets.slice(1) : sets;
      const [checkpoint, keep] = [await openModelPath(model.folder), memoryStore()];
      for (const set of due) {
        const ground = { gpu, checkpoint, fingerprint, stories, keep, pictures };
        const say = (name: string, what: string) => print(`${model.structure} ${model.level} %, ${name}: ${what}`);
        try {
          await measureSet(ground, set, results, say);
        } catch (error) {
          // What one set cannot be asked says nothing of the others; it is missing in the report, and the exit code says so.
          failed++;
          say(set.name, `could not be measured: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  }
  const study = studyOf(models, results);
  const [report, experiments] = [reportOf(study, engineVersion, calibrationOf(models)), experimentsOf(study)];
  mkdirSync(join(into, 'public/reports'), { recursive: true });
  for (const [name, what] of Object.entries({ structures: report, experiments })) {
    writeFileSync(join(into, `public/reports/${name}.json`), `${JSON.stringify(what)}\n`);
  }
  const page = join(into, 'docs/structures.md');
  const text = Object.entries(textsOf(report, experiments)).reduce(
    (whole, [name, part]) => between(whole, name, part),
    readFileSync(page, 'utf8'),
  );
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), parser: 'markdown' }));
  return failed > 0 ? 1 : 0;
}
