/**
 * A run in a link: `#v1.` + base64url(deflate-raw(compact JSON)). It carries recipes, points with their intervals, protocol,
 * fingerprints of texts and model, seed, adapter and app version: enough to draw the chart without the model and to run the same
 * again. Pure; no GPU. Old versions stay readable for ever: a new layout is a new version with a reader of its own.
 */
import { FormatError } from '../util/errors';
import type { PointResult, RunEvent, RunSettings } from './events';
import { deflate, fromBase64Url, inflate, toBase64Url } from './permalinkBytes';
import { readV1, writeV1 } from './permalinkV1';

/** A text or model as a link names it. `fingerprint`: 16 hex digits, as in the log. */
export interface SharedName {
  readonly label: string;
  readonly fingerprint: string;
}

export interface SharedModel extends SharedName {
  readonly architecture: string;
  readonly parameters: number;
}

/** What a link carries. Numbers are rounded to more digits than their intervals allow; hashes keep their first 6 hex digits. */
export interface SharedRun {
  readonly app: string;
  readonly model: SharedModel;
  readonly evaluation: SharedName;
  readonly calibration: SharedName | null;
  readonly adapter: string;
  readonly settings: RunSettings;
  /** Finished points, in the order of the run. */
  readonly results: readonly PointResult[];
}

/** Longest hash that is looked at. A link of 40 points has 2 000 characters. */
const maxCharacters = 100_000;
/** Most bytes that a link may unpack to. One of 40 points has 6 000. */
const maxUnpacked = 1_000_000;

/** The part of the address from `#` on. */
export async function encodePermalink(share: SharedRun): Promise<string> {
  return `#v1.${toBase64Url(await deflate(writeV1(share)))}`;
}

/** Reads a hash, with or without `#`. A FormatError when it is not one of ours, damaged, too large or of a later version. */
export async function decodePermalink(hash: string): Promise<SharedRun> {
  if (hash.length > maxCharacters) {
    throw new FormatError(
      'link-too-large',
      `the link has ${hash.length} characters; the longest of ours has ${maxCharacters}.`,
      {
        characters: hash.length,
        limit: maxCharacters,
      },
    );
  }
  const match = /^#?v(\d{1,6})\.([\s\S]*)$/.exec(hash);
  if (!match) {
    throw new FormatError('link-unknown', 'this is not a link of Bitcurve: it should begin with "#v1.".');
  }
  const [, version, payload] = match;
  if (version !== '1') {
    throw new FormatError(
      'link-version',
      `the link has version ${version}, and this app reads version 1. Open it with a newer app.`,
      { version: Number(version) },
    );
  }
  return readV1(await inflate(fromBase64Url(payload as string), maxUnpacked));
}

/** Whether an address holds a link at all (of any version): an empty or foreign hash is no error. */
export const isPermalink = (hash: string): boolean => /^#?v\d{1,6}\./.test(hash);

/** What to share of a log: null while no point is finished. */
export function sharedRun(log: readonly RunEvent[]): SharedRun | null {
  const started = log.findLast((event) => event.type === 'run-started');
  const results = log
    .slice(started ? log.lastIndexOf(started) : 0)
    .flatMap((event) => (event.type === 'point-finished' ? [event.result] : []));
  if (!started || !results.length) return null;
  const { app, model, adapter, settings, evaluation, calibration } = started;
  return {
    app,
    model: {
      label: model.name,
      fingerprint: model.fingerprint,
      architecture: model.architecture,
      parameters: model.parameters,
    },
    evaluation: { label: evaluation.label, fingerprint: evaluation.fingerprint },
    calibration: calibration && { label: calibration.label, fingerprint: calibration.fingerprint },
    adapter: adapter.name,
    settings,
    results,
  };
}
