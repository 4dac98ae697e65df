/** Text that has pictures in it, as ids: where the picture's token stands, its features' places and what a model wants around them. */
import { FormatError } from '../../util/errors';
import type { Tokenizer } from '../checkpoint';
import type { Tiles } from './prepare';

export interface PictureTokens {
  /** The id in whose places features go. */
  readonly id: number;
  /** Places that one picture takes. */
  readonly features: number;
  /** `bare`: the places alone (LLaVA); `framed`: between marks, tile by tile (Idefics3, SmolVLM). */
  readonly frame: 'bare' | 'framed';
  /** What stands for a picture in a text, where the tokenizer has no token of the id (VILA): what is around it is encoded piece by piece. */
  readonly mark?: string;
}

/** What stands in a text for a picture: the text of its id, or its mark; FormatError where there is none. */
export function pictureMark(tokenizer: Tokenizer, tokens: PictureTokens): string {
  const mark = tokens.mark ?? tokenizer.decode([tokens.id]);
  if (mark === '') throw unknownToken(tokens, 'has no text for');
  return mark;
}

const edge = '<fake_token_around_image>';

/** What stands for one picture; `token` is the text of its id. */
export function pictureText(tiles: Tiles | null, token: string, { features, frame }: PictureTokens): string {
  const places = token.repeat(features);
  if (frame === 'bare') return places;
  const whole = `${edge}<global-img>${places}${edge}`;
  if (!tiles) return whole;
  const rows = Array.from({ length: tiles.rows }, (_, row) => {
    const cells = Array.from({ length: tiles.cols }, (_, col) => `${edge}<row_${row + 1}_col_${col + 1}>${places}`);
    return `${cells.join('')}\n`;
  });
  return `${rows.join('')}\n${whole}`;
}

/**
 * Ids of a text in which the picture's mark stands once for every picture; `special` as the tokenizer takes it. FormatError where there are
 * more or fewer pictures than that, or where the tokenizer does not know the token.
 */
export function idsAround(
  tokenizer: Tokenizer,
  text: string,
  pictures: readonly (Tiles | null)[],
  tokens: PictureTokens,
  special: 'add' | 'none' = 'add',
): Uint32Array {
  const token = pictureMark(tokenizer, tokens);
  const parts = text.split(token);
  if (parts.length - 1 !== pictures.length) {
    throw new FormatError(
      'wrong-pictures',
      `the text has ${parts.length - 1} places for pictures ("${token}"), and there are ${pictures.length} pictures. Put "${token}" once where each picture belongs.`,
      { found: parts.length - 1, expected: pictures.length },
    );
  }
  if (tokens.mark !== undefined) {
    const places = new Uint32Array(tokens.features).fill(tokens.id);
    const pieces = parts.map((part, i) => tokenizer.encode(part, i === 0 ? special : 'none'));
    return Uint32Array.from(pieces.flatMap((ids, i) => [...(i === 0 ? [] : places), ...ids]));
  }
  const whole = parts.map((part, i) => (i === 0 ? '' : pictureText(pictures[i - 1] ?? null, token, tokens)) + part);
  const ids = tokenizer.encode(whole.join(''), special);
  const seen = pictures.reduce((sum, tiles) => sum + (tiles ? tiles.rows * tiles.cols + 1 : 1), 0);
  const places = ids.reduce((sum, id) => sum + (id === tokens.id ? 1 : 0), 0);
  if (places !== seen * tokens.features) throw unknownToken(tokens, `takes "${token}" for other ids than`);
  return ids;
}

const unknownToken = ({ id }: PictureTokens, what: string) =>
  new FormatError(
    'no-picture-token',
    `the tokenizer ${what} id ${id}, which config.json says stands for pictures. Use the tokenizer.json that was published with this model.`,
    { found: id },
  );
