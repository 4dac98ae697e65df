/**
 * A run in a link: `#v2.` + base64url(deflate-raw(compact JSON)). It carries recipes, points with their intervals, protocol,
 * fingerprints of texts and model, seed, adapter and app version: enough to draw the chart without the model and to run the same
 * again. Pure; no GPU. Old versions stay readable for ever: a new layout is a new version with a reader of its own.
 */
import { FormatError, isBitcurveError } from '../../util/errors';
import { deflate, fromBase64Url, inflate, toBase64Url } from './bytes';
import { fitToLink, whatDiffers } from './fit';
import { maxCharacters, maxUnpacked, noLink } from './limits';
import { newest, readers } from './layouts';
import { mendHash } from './mend';
import type { SharedRun } from './sharedRun';

/**
 * The part of the address from `#` on. Names that are too long for a link are cut; what is written is read back, so that a link that
 * is handed out opens and says the same.
 * @throws FormatError ("link-impossible") where no such link can be made.
 */
export async function encodePermalink(share: SharedRun): Promise<string> {
  const fitted = fitToLink(share);
  const link = `#v${newest.version}.${toBase64Url(await deflate(newest.write(fitted)))}`;
  const back = await decodePermalink(link).catch((error: unknown) => {
    throw isBitcurveError(error) ? noLink(String(error.details['why'] ?? 'it is larger than a link may be')) : error;
  });
  const lost = whatDiffers(fitted, back);
  if (lost !== null) throw noLink(lost);
  return link;
}

/** Reads a hash, with or without `#`. A FormatError when it is not one of ours, damaged, too large or of a later version. */
export async function decodePermalink(hash: string): Promise<SharedRun> {
  if (hash.length > maxCharacters) {
    throw new FormatError(
      'link-too-large',
      `the link has ${hash.length} characters; the longest of ours has ${maxCharacters}.`,
      {
        why: `it has ${hash.length} characters`,
        limit: maxCharacters,
      },
    );
  }
  const match = /^#?v(\d{1,6})\.([\s\S]*)$/.exec(mendHash(hash));
  if (!match) {
    throw new FormatError('link-unknown', 'this is not a link of Bitcurve: it should begin with "#v2.".');
  }
  const [, version, payload] = match;
  const read = readers.get(version as string);
  if (!read) {
    throw new FormatError(
      'link-version',
      `the link has version ${version}, and this app reads versions ${[...readers.keys()].join(' and ')}. Reload the page: a newer version of it made the link.`,
      { version: Number(version) },
    );
  }
  return read(await inflate(fromBase64Url(payload as string), maxUnpacked));
}
