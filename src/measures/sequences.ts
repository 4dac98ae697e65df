/**
 * Records of pictures with texts as windows of one length: the picture's places first, then text. Only what is told of the picture is scored,
 * never its places nor what was asked. Windows that are shorter than the longest are filled up behind what is scored, where no token that
 * counts sees it. Pure.
 */
import type { Tokenizer } from '../formats/checkpoint';
import type { PictureRecord } from '../formats/pictures/pictureSet';
import type { Tiles } from '../formats/pictures/prepare';
import { idsAround, pictureMark, type PictureTokens } from '../formats/pictures/prompt';
import { FormatError } from '../util/errors';
import type { Choice } from './measure';
import type { Windows } from './windows';

/** How a record is written; "<image>" stands for the picture. What stands for caption and answer, and all behind them, is scored. */
export interface Templates {
  readonly caption: string;
  readonly question: string;
}

export const usualTemplates: Templates = { caption: '<image>{caption}', question: '<image>{question} {answer}' };

/** One text behind one picture. */
export interface Sequence {
  readonly ids: Uint32Array;
  /** The first that is scored; all behind it are. */
  readonly first: number;
  readonly image: string;
  /** Of a question with choices. */
  readonly choice: Choice | null;
  /** Behind another picture than its own. */
  readonly other?: true;
}

/** FormatError when a template lacks what it is a template of. */
export function checkTemplates(templates: Templates): void {
  for (const [name, slots] of [
    ['caption', ['<image>', '{caption}']],
    ['question', ['<image>', '{question}', '{answer}']],
  ] as const) {
    const missing = slots.find((slot) => templates[name].split(slot).length !== 2);
    if (missing === undefined) continue;
    throw new FormatError(
      'bad-template',
      `the template of a ${name} is ${JSON.stringify(templates[name])}; expected ${missing} in it once.`,
      { found: templates[name], expected: missing },
    );
  }
}

/** A record as its text, a question with choices as one text for each of them. `tiles`: how its picture was cut; `question`: its number. */
export function sequencesOf(
  tokenizer: Tokenizer,
  record: PictureRecord,
  question: number,
  tokens: PictureTokens,
  tiles: Tiles | null,
  templates: Templates = usualTemplates,
): readonly Sequence[] {
  const { image } = record;
  const mark = pictureMark(tokenizer, tokens);
  const encode = (text: string) =>
    idsAround(
      tokenizer,
      text.replace('<image>', () => mark),
      [tiles],
      tokens,
    );
  const sequence = (before: string, after: string, choice: Choice | null): Sequence => {
    const ids = encode(before + after);
    // Where a token spans the border it is told, too.
    const asked = encode(before);
    const differs = ids.findIndex((id, at) => id !== asked[at]);
    return { ids, first: Math.max(1, differs < 0 ? asked.length : differs), image, choice };
  };
  if (record.kind === 'caption') {
    const [before = '', after = ''] = templates.caption.split('{caption}');
    return [sequence(before, record.caption + after, null)];
  }
  const [before = '', after = ''] = templates.question.split('{answer}');
  const asked = before.replace('{question}', () => record.question);
  return record.choices.map((text) => {
    const choice = record.choices.length > 1 ? { question, right: text === record.answer } : null;
    return sequence(asked, text + after, choice);
  });
}

/** Tokens of the longest sequence; FormatError when it has more than `most`. */
export function requireFit(sequences: readonly Sequence[], most: number, label: string): number {
  const longest = Math.max(...sequences.map(({ ids }) => ids.length));
  if (longest <= most) return longest;
  throw new FormatError(
    'text-too-long',
    `${label}: a picture with its text takes ${longest} tokens, and the context is ${most}. Choose a longer context, or shorter texts.`,
    { found: longest, expected: most },
  );
}

/** Sequences as windows of the longest one's length; FormatError when that is more than `most`, or one has nothing to score. */
export function windowsOf(
  tokenizer: Tokenizer,
  sequences: readonly Sequence[],
  most: number,
  label: string,
): Omit<Windows, 'features'> & Required<Pick<Windows, 'scored' | 'choices'>> {
  const context = requireFit(sequences, most, label);
  const empty = sequences.find(({ ids, first }) => first >= ids.length);
  if (empty) {
    throw new FormatError('nothing-to-score', `${label}: no token of a text behind ${empty.image} is scored.`, {
      file: empty.image,
    });
  }
  const scored = sequences.map(({ ids, first }) => ({ first, end: ids.length }));
  const told = sequences.filter(({ choice, other }) => !other && choice?.right !== false);
  const tokens = told.reduce((sum, { ids, first }) => sum + ids.length - first, 0);
  const encoder = new TextEncoder();
  const bytes = told.reduce(
    (sum, { ids, first }) => sum + encoder.encode(tokenizer.decode(ids.subarray(first))).length,
    0,
  );
  return {
    ids: sequences.map(({ ids }) => {
      const window = new Uint32Array(context);
      window.set(ids);
      return window;
    }),
    context,
    firstScored: Math.min(...scored.map(({ first }) => first)),
    scored,
    choices: sequences.map(({ choice }) => choice),
    ...(sequences.some(({ other }) => other) && { shown: sequences.map(({ other }) => (other ? 'other' : 'own')) }),
    tokens: sequences.reduce((sum, { ids, other }) => sum + (other ? 0 : ids.length), 0),
    bytesPerToken: Math.max(1, bytes) / Math.max(1, tokens),
  };
}
