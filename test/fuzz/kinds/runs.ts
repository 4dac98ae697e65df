/** What carries a run from one machine to another: links, logs, recipes. Whatever opens, can be written again and opens again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLog, writeLog } from '../../../src/log/file';
import { decodePermalink, encodePermalink } from '../../../src/log/link/permalink';
import { sharedRun, type SharedRun } from '../../../src/log/link/sharedRun';
import { deflate, fromBase64Url, inflate, toBase64Url } from '../../../src/log/link/bytes';
import { writeV2 } from '../../../src/log/link/v2';
import { canonicalRecipe, parseRecipe } from '../../../src/quant/recipe/parseRecipe';
import { recipes as methods } from '../../../src/quant/recipe/recipes';
import { someWidth } from '../../../src/quant/recipe/recipe';
import { toCsv, toJson } from '../../../src/store/exports';
import { emptyRun, foldEvents } from '../../../src/store/runView';
import { isBitcurveError } from '../../../src/util/errors';
import { createRng, hash32, type Rng } from '../../../src/util/rng';
import { madeUpLog, madeUpShare } from '../../lab/shared';
import { sampleLog } from '../../store/sampleLog';
import { Fault, must, textOf, type Kind } from '../kind';
import { hostile, mutateBytes, mutateText, mutateValue, pick } from '../mutate';

const small = madeUpShare(2);
const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../../log/fixtures', name), 'utf8').trim();
const opened = (link: string) => inflate(fromBase64Url(link.slice(4)), 1e6);
const bodies: readonly (readonly [layout: '1' | '2', text: string])[] = [
  ['2', writeV2(madeUpShare(4))],
  ['2', writeV2(madeUpShare(40))],
  ['2', writeV2({ ...small, calibration: null })],
  [
    '2',
    writeV2({ ...small, model: { ...small.model, widestInputs: 256 }, doubts: [{ doubt: 'overlap', share: 0.5 }] }),
  ],
  // No longer written, and read for ever.
  ['1', await opened(fixture('v1-3-points.link'))],
  ['1', await opened(fixture('v1-40-points.link'))],
];

/** The content of a link, to be packed when it is tried: packing is asynchronous, making an input is not. */
const packed = 'packed as is';

export const links: Kind = {
  name: 'links',
  share: 120,
  make(rng) {
    const [layout, source] = pick(rng, bodies);
    const [, inner = ''] = /^\[\d+,([\s\S]*)\]$/.exec(source) ?? [];
    const sealed = (body: string) => `[${hash32(body)},${body}]`;
    switch (rng.integer(4)) {
      case 0:
        return { layout, content: source, damage: 'text', seed: String(rng.integer(2 ** 32)) };
      case 1:
        return { layout, content: source, damage: 'bytes', seed: String(rng.integer(2 ** 32)) };
      case 2:
        return { layout, content: mutateText(rng, source), damage: packed, seed: '0' };
      default:
        // As the page's own writer would seal it: only the checks behind the checksum are left.
        return {
          layout,
          content: sealed(JSON.stringify(JSON.parse(mutateValue(rng, inner)))),
          damage: packed,
          seed: '0',
        };
    }
  },
  async attempt(input) {
    const bytes = await deflate(textOf(input, 'content'));
    const rng = createRng(Number(textOf(input, 'seed')));
    const damage = textOf(input, 'damage');
    const payload = toBase64Url(damage === 'bytes' ? mutateBytes(rng, bytes) : bytes);
    const link = `#v${textOf(input, 'layout')}.${payload}`;
    const share = await decodePermalink(damage === 'text' ? mutateText(rng, link) : link);
    await reopens(share, 'link');
    return 'accepted';
  },
};

/** A link to the run, where one can be made, opens and says the same again. */
async function reopens(share: SharedRun, from: 'link' | 'log'): Promise<boolean> {
  let link: string;
  try {
    link = await encodePermalink(share);
  } catch (error) {
    // A log may hold what no link can carry, and is told so. What came out of a link goes into one.
    if (from === 'log' && isBitcurveError(error) && error.code === 'link-impossible') return false;
    throw new Fault(`no link to what was opened: ${error instanceof Error ? error.message : String(error)}`);
  }
  const back = await decodePermalink(link).catch((error: unknown) => {
    throw new Fault(`a link that does not open: ${error instanceof Error ? error.message : String(error)}`);
  });
  must(back.results.length === share.results.length, 'a link with other points');
  must((await encodePermalink(back)) === (await encodePermalink(await decodePermalink(link))), 'a link that drifts');
  must((await inflate(fromBase64Url(link.slice(4)), 1e6)).startsWith('['), 'a link without content');
  return true;
}

const logTexts = [writeLog(madeUpLog()), writeLog(sampleLog().slice(0, 60)), writeLog(sampleLog())];

function mutateLog(rng: Rng, text: string): string {
  const lines = text.trimEnd().split('\n');
  const at = rng.integer(lines.length);
  const other = rng.integer(lines.length);
  switch (rng.integer(8)) {
    case 0:
      return mutateText(rng, text);
    case 1:
      lines.splice(at, 1);
      break;
    case 2:
      lines.splice(other, 0, lines[at] as string);
      break;
    case 3:
      [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
      break;
    default:
      lines[at] = mutateValue(rng, lines[at] as string);
  }
  return lines.join(rng.integer(20) ? '\n' : '\r\n\r\n');
}

export const logs: Kind = {
  name: 'logs',
  share: 120,
  make: (rng) => ({ 'run.ndjson': mutateLog(rng, pick(rng, logTexts)) }),
  async attempt(input) {
    const events = readLog(textOf(input, 'run.ndjson'));
    const view = foldEvents(emptyRun, events);
    must(toCsv(view.points).length > 0 && toJson(view.points).length > 0, 'no table');
    const again = writeLog(events);
    must(writeLog(readLog(again)) === again, 'a log that is another when it is saved again');
    const share = sharedRun(events);
    if (!share) return 'accepted, nothing to share';
    return (await reopens(share, 'log')) ? 'accepted' : 'accepted, no link';
  },
};

const recipeTexts = methods.flatMap((method) => [
  JSON.stringify(method.recipe(someWidth(method), method.groups === 'required' ? 64 : null)),
]);

export const recipes: Kind = {
  name: 'recipes',
  share: 120,
  make(rng) {
    const source = pick(rng, recipeTexts);
    // What JSON.parse refuses is no recipe's matter, so a third of the damage is to text.
    if (rng.integer(3)) return { 'recipe.json': mutateValue(rng, source) };
    if (rng.integer(10)) return { 'recipe.json': mutateText(rng, source) };
    return { 'recipe.json': JSON.stringify(pick(rng, hostile)) };
  },
  attempt(input) {
    let value: unknown;
    try {
      value = JSON.parse(textOf(input, 'recipe.json'));
    } catch {
      return Promise.resolve('not JSON');
    }
    const recipe = parseRecipe(value);
    const canonical = JSON.stringify(canonicalRecipe(recipe));
    must(canonical === JSON.stringify(parseRecipe(JSON.parse(canonical))), 'a recipe that is another when read again');
    return Promise.resolve('accepted');
  },
};
