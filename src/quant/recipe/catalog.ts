/**
 * Every piece that a recipe may name, by slot. The option form, the command line's help and the parser are made from this. A file
 * src/quant/<slot>/*.meta.ts exports the pieces of one family, one or several, each under its name. Metadata only: no GPU code is
 * imported.
 */
import { slots, type PieceMeta, type Slot } from './recipe';

/** What files export, by path from here: path → name → value. */
export type Modules<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

export const metaFiles: Modules<PieceMeta> = import.meta.glob<Readonly<Record<string, PieceMeta>>>(
  '../{transform,grid,rounding,correction}/*.meta.ts',
  { eager: true },
);

const slotNames = slots.map(({ name }) => name);
const rankOf = ({ rank = Infinity }: PieceMeta) => rank;

/** By slot; in a slot by rank, and then by name. */
export const catalog: readonly PieceMeta[] = Object.values(metaFiles)
  .flatMap((module) => Object.values(module))
  .sort(
    (a, b) =>
      slotNames.indexOf(a.slot) - slotNames.indexOf(b.slot) ||
      (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b)) ||
      (a.name < b.name ? -1 : 1),
  );

export function piecesOf(slot: Slot): readonly PieceMeta[] {
  return catalog.filter((meta) => meta.slot === slot);
}

export function findPiece(slot: Slot, name: string): PieceMeta | undefined {
  return catalog.find((meta) => meta.slot === slot && meta.name === name);
}
