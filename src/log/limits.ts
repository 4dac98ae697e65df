/** Limits that whoever writes a log keeps, and whoever reads one holds it to. */

/** Longest text of an event, in UTF-16 units: no name is that long, and an error is said in less. */
export const maxText = 10_000;
/** Most windows whose losses a log carries: their line stays below the longest that is read. */
export const maxLosses = 300_000;
