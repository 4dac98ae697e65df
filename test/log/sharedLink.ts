/** A link to a made-up run. Made while this is loaded: what loads modules for tests in plain Node is closed behind it. */
import { encodePermalink } from '../../src/log/link/permalink';
import { madeUpShare } from '../lab/shared';

export const sharedLink = await encodePermalink(madeUpShare(3));
