/**
 * How a site is called in a whole model: "decoder.7.mlp.down" is the site "mlp.down" of the seventh block of the decoder; embedding and head
 * stand for themselves. Pure.
 */

export const embeddingSite = 'embedding';
export const headSite = 'head';

export const siteId = (block: number, name: string): string => `decoder.${block}.${name}`;

export interface SitePlace {
  /** Null for embedding and head, which are in no block. */
  readonly block: number | null;
  /** Within the block, e.g. "mlp.down". */
  readonly name: string;
}

export function placeOf(id: string): SitePlace {
  const [, block, name] = /^[a-z]+\.(\d{1,9})\.([\s\S]+)$/.exec(id) ?? [];
  return block === undefined || name === undefined ? { block: null, name: id } : { block: Number(block), name };
}

/** "block 3, mlp.down", or "embedding": for people. */
export function siteWords(id: string): string {
  const { block, name } = placeOf(id);
  return block === null ? name : `block ${block}, ${name}`;
}

/** Of which expert of its block a site is, and which of the expert's own; null where it is of none. "expert.3.down" is "down" of 3. */
export function expertOf(name: string): { readonly expert: number; readonly own: string } | null {
  const [, expert, own] = /^expert\.(\d{1,9})\.(.+)$/.exec(name) ?? [];
  return expert === undefined || own === undefined ? null : { expert: Number(expert), own };
}

/** Whether the site is embedding or head: no part of a block, and without inputs that calibration records. */
export const isTable = (id: string): boolean => id === embeddingSite || id === headSite;
