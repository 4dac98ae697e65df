/** Where the page on the paper's claims is: a part of the address that no shared run has. */

/** "#claims"; "#claims/rotation-mamba" is one of them. */
const paperFragment = '#claims';

export const isPaper = (hash: string): boolean => hash === paperFragment || hash.startsWith(`${paperFragment}/`);
