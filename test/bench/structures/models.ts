/**
 * The models of the report: bundled ones by public/demo/manifest.json, and folders of a run of the training script. What a model is, its
 * config.json says; how far it was trained, the end of its name ("mixtral-100", "mamba/level-7").
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What has to be known of a structure to choose its experiments. */
export type Kind = 'dense' | 'experts' | 'state' | 'pictures';

export interface Structure {
  /** The model_type of its config.json. */
  readonly name: string;
  readonly label: string;
  readonly kind: Kind;
}

/** Those that the report is about, in its order. One that is not there is said to be missing. */
export const structures: readonly Structure[] = [
  { name: 'llama', label: 'Dense', kind: 'dense' },
  { name: 'mixtral', label: 'Experts, coarse', kind: 'experts' },
  { name: 'qwen2_moe', label: 'Experts, fine', kind: 'experts' },
  { name: 'mamba', label: 'Mamba', kind: 'state' },
  { name: 'mamba2', label: 'Mamba 2', kind: 'state' },
  { name: 'llava', label: 'Pictures', kind: 'pictures' },
];

/** A trained model of the zoo. */
export interface ZooModel {
  readonly structure: string;
  /** Percent of the training. */
  readonly level: number;
  readonly folder: string;
  /** Id in the page's manifest; null where the page does not have it. */
  readonly bundled: string | null;
}

/** Levels of training, the whole one first. */
export const levels = [100, 30, 7] as const;

const levelOf = (name: string): number => Number(/(?:^|-)(\d{1,3})$/.exec(name)?.[1] ?? NaN);

function structureOf(folder: string): string | null {
  const file = join(folder, 'config.json');
  if (!existsSync(file) || !existsSync(join(folder, 'model.safetensors'))) return null;
  const { model_type } = JSON.parse(readFileSync(file, 'utf8')) as { readonly model_type?: unknown };
  return structures.some(({ name }) => name === model_type) ? (model_type as string) : null;
}

function modelAt(folder: string, name: string, bundled: string | null): ZooModel[] {
  const [structure, level] = [structureOf(folder), levelOf(name)];
  return structure !== null && Number.isInteger(level) ? [{ structure, level, folder, bundled }] : [];
}

/** Folders in `zoo` and one deeper that hold a model: "mamba/level-7" as the training script writes it, or "mamba-7". */
function modelsIn(zoo: string): ZooModel[] {
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  return folders(zoo).flatMap((name) => [
    ...modelAt(join(zoo, name), name, null),
    ...folders(join(zoo, name)).flatMap((inner) => modelAt(join(zoo, name, inner), inner, null)),
  ]);
}

/**
 * Every model that is there, whole training first, then in the order of structures; of two of one structure and level the bundled one.
 * `demo`: the folder of the manifest. `zoo`: further folders.
 */
export function findModels(demo: string, zoo: readonly string[]): readonly ZooModel[] {
  const { models } = JSON.parse(readFileSync(join(demo, 'manifest.json'), 'utf8')) as {
    readonly models: readonly { readonly id: string }[];
  };
  const all = [...models.flatMap(({ id }) => modelAt(join(demo, id), id, id)), ...zoo.flatMap(modelsIn)];
  const place = ({ structure }: ZooModel) => structures.findIndex(({ name }) => name === structure);
  return all
    .filter(
      (one, at) => all.findIndex(({ structure, level }) => structure === one.structure && level === one.level) === at,
    )
    .sort((a, b) => b.level - a.level || place(a) - place(b));
}
