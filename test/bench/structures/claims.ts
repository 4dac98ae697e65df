/** Every claim, in the order of the report. */
import type { Claim } from './claim';
import { paperClaims } from './claims/paper';
import { releasedClaims } from './claims/released';
import { structureClaims } from './claims/structures';

export const claims: readonly Claim[] = [...structureClaims, ...paperClaims, ...releasedClaims];
