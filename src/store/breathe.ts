/** Long work in pieces, between which the page stays awake. */

/** Events that are handled between two breaths. */
export const slice = 2000;

/** Lets the page draw and answer. */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
