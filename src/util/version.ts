/** Which engine this is: its release, and a hash of its sources (cli/sourceHash.mjs), which the bundler fills in. */
import { version } from '../../package.json';

declare const __ENGINE__: string;

export const engineVersion = `${version}+${__ENGINE__}`;
