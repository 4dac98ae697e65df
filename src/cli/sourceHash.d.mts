/** Eight hex digits of what computes results. */
export function sourceHash(root: string): string;
