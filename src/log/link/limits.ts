/**
 * What a permalink holds at most. Writer and reader go by the same numbers: what the writer lets through, the reader opens. Texts in
 * UTF-16 units.
 */
import { FormatError } from '../../util/errors';

/** Longest hash that is looked at. A link of 40 points has 2 000 characters. */
export const maxCharacters = 100_000;
/** Most bytes that a link may unpack to. One of 40 points has 6 000. */
export const maxUnpacked = 1_000_000;
/** Most points of a run: as many as a run may have. */
export const maxPoints = 1000;
/** Names of models, texts, architectures and adapters, and fingerprints. */
export const maxName = 200;
/** Version of the app. */
export const maxApp = 60;
/** Name of a method. */
export const maxMethod = 80;
/** Id of a point: a method, a hyphen and a width. */
export const maxId = 100;
/** Pieces in one list of a recipe, as many as the recipe's parser takes. */
export const maxPieces = 8;
/** Options of a piece, letters of an option's name, letters of its value. */
export const maxOptions = 40;
export const maxOptionName = 60;
export const maxOptionText = 200;
/** Values of a point: measures have five. */
export const maxValues = 60;
/** How a value is called: a word that no end of an interval is mistaken for. */
export const isValueName = (text: string): boolean =>
  /^[a-z][A-Za-z0-9]{0,39}$/.test(text) && !/(Low|High)$/.test(text);
/** Inputs of a layer. */
export const maxInputs = 2 ** 31;
/** What speaks against the texts of a run. */
export const maxDoubts = 4;
/** Parameters of a model. */
export const maxParameters = 2 ** 50;
/** Tokens and other settings. */
export const maxSetting = 2 ** 48;
/** Columns per group. */
export const maxGroup = 2 ** 31;
/** Bits of a code. */
export const maxBits = 64;

/** A name that fits: whole, or cut with an ellipsis, never in the middle of a character of two units. */
export function cutName(name: string, length: number): string {
  if (name.length <= length) return name;
  const cut = name.slice(0, length - 1);
  const halved = /[\ud800-\udbff]$/.test(cut);
  return `${halved ? cut.slice(0, -1) : cut}…`;
}

/** Why a run cannot be put into a link, in words that follow "of this run: ". */
export function noLink(why: string): FormatError {
  return new FormatError(
    'link-impossible',
    `no link can be made of this run: ${why}. Its log holds everything: download that instead.`,
    { why },
  );
}
