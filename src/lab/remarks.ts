/**
 * What a run says of its texts before it begins, where they are not what one would think, of a store that refuses layers, and of experts that are
 * more than the GPU holds at once. One sentence or two for people each. Pure.
 */
import type { LabelledText } from '../formats/text';
import type { Protocol, RunEvent } from '../log/events';

type Remark = Extract<RunEvent, { type: 'remarked' }>;

/** `reason`: as a store gives it. */
export const notKept = (reason: string): Remark => ({
  type: 'remarked',
  about: 'storage',
  text: `Finished layers are not kept, because ${reason}. This run is not harmed; one that is interrupted computes them again.`,
});

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** `largest`: bytes of the experts of a block. Null where they fit `room`, and stay as long as the block. */
export function expertsInTurn(largest: number, room: number): Remark | null {
  if (largest <= room) return null;
  const text = `The experts of a block take ${megabytes(largest)}, and ${megabytes(room)} of weights stay on the GPU: the others are opened again for every batch. Results are the same; the run takes longer.`;
  return { type: 'remarked', about: 'memory', text };
}

/** `passes`: how often the text goes through a block whose moments do not fit `room` bytes. */
export const expertsInParts = (passes: number, room: number): Remark => ({
  type: 'remarked',
  about: 'memory',
  text: `What experts of a block are calibrated and solved with takes more than ${megabytes(room)}: the calibration text goes through the block ${passes} times, for some of them each. Results are the same.`,
});

/** Tokens asked for, and the whole windows that a text had. */
export interface Supply {
  readonly label: string;
  /** Null: all of the text. */
  readonly asked: number | null;
  readonly windows: number;
  readonly context: number;
}

/** Null where the text has as many whole windows as were asked for. */
export function shortSupply(
  about: 'calibration' | 'evaluation',
  { label, asked, windows, context }: Supply,
): Remark | null {
  if (asked === null || windows >= Math.max(1, Math.floor(asked / context))) return null;
  const has = `${label} has ${windows === 1 ? 'one whole window' : `${windows} whole windows`} of ${context} tokens, ${windows * context} in all, and ${asked} were asked for.`;
  const advice =
    about === 'calibration'
      ? 'Methods that calibrate know little of layers with more inputs than that: give a longer text.'
      : 'The intervals are as wide as so few windows make them.';
  return { type: 'remarked', about, text: `${has} ${advice}` };
}

/** What a set of pictures gave, all of it. Null where so many tokens were asked for, but for what one more record would have been too many. */
export function shortPictures({
  label,
  records,
  tokens,
  asked,
}: {
  readonly label: string;
  readonly records: number;
  readonly tokens: number;
  readonly asked: number;
}): Remark | null {
  if (tokens + tokens / records >= asked) return null;
  const text = `${label} has ${records} texts with their pictures, ${tokens} tokens in all, and ${asked} were asked for. Methods that calibrate know little of layers with more inputs than that: give a larger set.`;
  return { type: 'remarked', about: 'calibration', text };
}

/** A heading of WikiText's raw files on a line of its own. Where rows of the data set were joined by blank lines, three ends of line follow. */
const heading = /^ = [^=\n].* = ?\n(?!\n\n)/gm;
/** Characters that are looked at. */
const beginning = 100_000;

/** Null unless the text looks like WikiText in one file, which published perplexities of this protocol are not of. */
export function rawWikiText(protocol: Protocol, { label, text }: LabelledText): Remark | null {
  if (protocol !== 'gptq' || (text.slice(0, beginning).match(heading)?.length ?? 0) < 2) return null;
  const said = `${label} looks like WikiText in one file, and is evaluated as it is. Published perplexities by the gptq protocol are of its rows joined by blank lines: give the rows as .jsonl to compare with them.`;
  return { type: 'remarked', about: 'evaluation', text: said };
}
