/** The bundled models, as public/demo/manifest.json lists them: structures, and levels of training of each. Pure. */

/** What a bundled model can be built like. */
export interface DemoStructure {
  readonly id: string;
  /** Some words, for a tile. */
  readonly label: string;
  /** A sentence of what it is. */
  readonly text: string;
}

/** A bundled model. Files are paths relative to the manifest's folder. */
export interface DemoModel {
  readonly id: string;
  /** Id of its structure. */
  readonly structure: string;
  /** Percent of the tokens of the whole training. */
  readonly share: number;
  readonly label: string;
  readonly tokensSeen: number;
  readonly parameters: number;
  readonly note: string;
  /** That of the open model's card: how a run's model is found among these. */
  readonly fingerprint: string;
  /** Of all files together. */
  readonly bytes: number;
  readonly files: readonly string[];
}

export interface Demos {
  readonly structures: readonly DemoStructure[];
  readonly models: readonly DemoModel[];
}

/** The levels of a structure, the longest training first. */
export const levelsOf = ({ models }: Demos, structure: string | undefined): readonly DemoModel[] =>
  models.filter((model) => model.structure === structure).sort((a, b) => b.share - a.share);

/** What is opened first: the first structure, fully trained. */
export const firstDemo = (demos: Demos): DemoModel | undefined => levelsOf(demos, demos.structures[0]?.id)[0];

/** What choosing a structure opens: the level that is open in another, where there is one; else the longest training. */
export function demoOf(demos: Demos, structure: string, open: DemoModel | undefined): DemoModel | undefined {
  const levels = levelsOf(demos, structure);
  return levels.find(({ share }) => share === open?.share) ?? levels[0];
}
