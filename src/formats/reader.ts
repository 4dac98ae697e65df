/** What a reader is: a file of readers/ that opens one kind of checkpoint. How one is written: docs/adding-a-reader.md. */
import type { Checkpoint } from './checkpoint';
import type { Files } from './siftFiles';

/**
 * What files of a kind are to the model. Kinds that lie in one drop are copies of one model, and the first of these opens: `published`, as
 * makers publish models; `superseded`, an older form that often lies beside; `converted`, made of the published files for another program.
 */
export const standings = ['published', 'superseded', 'converted'] as const;
export type Standing = (typeof standings)[number];

/** How much of a checkpoint is there: all of it; weights, and something else is missing; only what lies beside weights. */
export const finds = ['whole', 'weights', 'rest'] as const;

export interface Match {
  readonly found: (typeof finds)[number];
  /** Path of the file that tells, for messages. */
  readonly by: string;
}

/** What messages say of a kind of checkpoint, in words that continue a sentence. */
export interface Kind {
  /** "a Hugging Face folder". */
  readonly label: string;
  /** The file without which there is none of this kind: "config.json", "a .gguf file". */
  readonly knownBy: string;
  /** What belongs together: "a folder with config.json, tokenizer.json and model.safetensors". */
  readonly form: string;
  /** Said behind the form where there is room, in brackets: "(or its shards and index)". */
  readonly variants?: string;
}

export interface Reader extends Kind {
  /** The name of its file, without ".ts". */
  readonly name: string;
  readonly standing: Standing;
  /** By their names alone, whether files of this kind are among `paths`; null where there are none. No error: `open` says what is wrong. */
  match(paths: readonly string[]): Match | null;
  /**
   * Opens the checkpoint among `files`, which `match` found; others may lie beside it. Reads headers and no weights. FormatError when
   * something is missing or damaged, or there are several of this kind; FetchError when bytes cannot be had.
   */
  open(files: Files): Promise<Checkpoint>;
}
