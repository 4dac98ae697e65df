/**
 * A recipe is JSON: it travels in links, cache keys, worker messages and command lines. Four slots, each a named piece with its
 * options; the pieces' own metadata say what options exist (catalog.ts). Types and literals only.
 */

/** A piece by name with its options, e.g. `{ name: 'uniform', bits: 3, group: 32 }`. */
export interface Piece {
  readonly name: string;
  readonly [option: string]: string | number | boolean | null;
}

/** The slots in the order in which they work, and whether they hold one piece or any number. */
export const slots = [
  { name: 'transform', holds: 'many' },
  { name: 'grid', holds: 'one' },
  { name: 'rounding', holds: 'one' },
  { name: 'correction', holds: 'many' },
] as const;

type AnySlot = (typeof slots)[number];
export type Slot = AnySlot['name'];

/** Something in every slot: pieces, their metadata. */
export type Slots<T> = {
  readonly [S in AnySlot as S['name']]: S['holds'] extends 'many' ? readonly T[] : T;
};

export type Recipe = Slots<Piece>;

/** Slot by slot. */
export function fillSlots<T>(make: {
  readonly one: (slot: Slot) => T;
  readonly many: (slot: Slot) => readonly T[];
}): Slots<T> {
  return Object.fromEntries(slots.map(({ name, holds }) => [name, make[holds](name)])) as unknown as Slots<T>;
}

/** A piece at its place in a recipe: "grid", "transform.0". */
export interface PlacedPiece {
  readonly slot: Slot;
  readonly place: string;
  readonly piece: Piece;
}

/** All pieces in the order of the slots. */
export function piecesIn(recipe: Recipe): readonly PlacedPiece[] {
  const placed: PlacedPiece[] = [];
  mapSlots(recipe, (piece) => placed.push(piece));
  return placed;
}

/** Something for every piece, at its place. */
export function mapSlots<T>(recipe: Recipe, make: (placed: PlacedPiece) => T): Slots<T> {
  const list = (slot: Slot) => recipe[slot] as readonly Piece[];
  return fillSlots({
    one: (slot) => make({ slot, place: slot, piece: recipe[slot] as Piece }),
    many: (slot) => list(slot).map((piece, i) => make({ slot, place: `${slot}.${i}`, piece })),
  });
}

/** What holds of an option of any kind. */
interface OptionTraits {
  readonly label: string;
  readonly help: string;
  /** Left out of a recipe where it has its default: it came when there were recipes already, and their texts are keys and stay as they are. */
  readonly later?: true;
  /** Of a transform that neighbours absorb: they take no part in this, so that sites may differ in it. */
  readonly own?: true;
}

/** One option of a piece: enough to draw a form, print help and check a value. */
export type OptionSchema = OptionTraits &
  (
    | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'number'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'choice'; readonly default: string; readonly choices: readonly string[] }
    | { readonly kind: 'switch'; readonly default: boolean }
    /** Columns per group; null is the whole row. */
    | { readonly kind: 'group'; readonly default: number | null }
  );

export interface Paper {
  readonly title: string;
  readonly arxiv: string;
}

/** What a `*.meta.ts` exports: all that the page, the command line and the parser need to know of a piece. */
export interface PieceMeta {
  readonly name: string;
  readonly slot: Slot;
  readonly label: string;
  /** What the literature calls it, where that is shorter than the label. */
  readonly known?: string;
  /** One line: the idea. */
  readonly line: string;
  readonly paper: Paper | null;
  /** Whether the piece (with these options) reads H, and so needs a calibration text. */
  readonly calibrated: boolean | ((piece: Piece) => boolean);
  /** Whether the piece reads the cross moment of inputs in full precision and behind quantized blocks: sequential calibration only. */
  readonly cross?: boolean;
  /** Whether the piece with these options compares outputs of the whole module, which takes the text before the block. */
  readonly module?: (piece: Piece) => boolean;
  /** Whether the piece with these options reads H within each group of columns, so that a group's part of it is held at once. */
  readonly groupMoment?: (piece: Piece) => boolean;
  /**
   * Of a transform: what happens to columns. `moved`: they change places, each as it was; `scaled`: each times a number of its own;
   * `mixed`: each becomes a sum of several. What works column by column comes behind what mixes them.
   */
  readonly columns?: 'moved' | 'scaled' | 'mixed';
  /** Of a transform: whether neighbouring matrices take it in, so that the model runs in the new basis and nothing is undone. */
  readonly absorbed?: boolean;
  /** Of a grid: columns of a point, which are rounded together; 1 where left out. */
  readonly width?: number;
  /** Of a grid: whether all columns of a row share its parameters whatever the options say. */
  readonly wholeRows?: boolean;
  /** Of a transform: whether what it fits depends on the grid. */
  readonly readsGrid?: boolean;
  /** Place among the pieces of its slot: 0 for the plain one, which forms open with. Those without follow by name. */
  readonly rank?: number;
  /** Of a rounding: whether columns have their turns, each after what those before it left, so that their order counts. */
  readonly inTurn?: boolean;
  readonly options: Readonly<Record<string, OptionSchema>>;
  /** Why this piece cannot stand in this (otherwise valid) recipe, or null when it can. Others are known by their properties. */
  readonly refuses?: (piece: Piece, recipe: Recipe, metas: RecipeMetas) => string | null;
  /** What a short label says of the piece beyond its name, e.g. "3-bit g32"; by default the options that differ. */
  readonly describe?: (piece: Piece) => string;
}

/** The metadata of a recipe's pieces, each in its piece's place. */
export type RecipeMetas = Slots<PieceMeta>;

/** What a method does about the rounding error: the taxonomy of PTQ-Bench (arXiv 2502.13178), with room for what is none or several. */
export type Strategy = 'baseline' | 'compensation' | 'rotation' | 'salience' | 'low-rank' | 'combination';

/** The strategies in the order of the form, each with its idea. */
export const strategies: readonly { readonly name: Strategy; readonly label: string; readonly line: string }[] = [
  { name: 'baseline', label: 'Baselines', line: 'Each weight on its own: what every other method has to beat.' },
  { name: 'compensation', label: 'Compensation', line: 'Columns still to be rounded make up for those that are.' },
  { name: 'rotation', label: 'Rotation', line: 'A change of basis spreads outliers over all columns before rounding.' },
  { name: 'salience', label: 'Salience', line: 'The weights that matter most are scaled, or kept in more bits.' },
  { name: 'low-rank', label: 'Low rank', line: 'A product of two thin matrices is added to what rounding lost.' },
  { name: 'combination', label: 'Combinations', line: 'More than one of these together.' },
];

/** A method of the literature: a name for a recipe at any width. */
export interface MethodMeta {
  readonly name: string;
  readonly label: string;
  /** One line: the idea. */
  readonly line: string;
  readonly strategy: Strategy;
  /** When it is worth trying, in a sentence. */
  readonly helps: string;
  /** What it costs: while quantizing, in storage, at inference. */
  readonly cost: string;
  readonly paper: Paper | null;
  /** Whether it reads H, and so needs a calibration text. */
  readonly calibrated: boolean;
  /** Whether it compares the inputs behind quantized blocks with those in full precision: sequential calibration only. */
  readonly cross: boolean;
  /** Whether it makes sense on a whole row, only on groups of columns, or on a grid that brings its own groups (`group` is not read). */
  readonly groups: 'any' | 'required' | 'own';
  /** Widths that it has; every one where left out. */
  readonly widths?: readonly number[];
  /** The recipe at a width and group (null: whole row). */
  readonly recipe: (bits: number, group: number | null) => Recipe;
}

/** A width at which the method has a recipe, for what does not depend on it. */
export const someWidth = ({ widths }: Pick<MethodMeta, 'widths'>): number => widths?.[0] ?? 4;
