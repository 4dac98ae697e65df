/**
 * Every piece that a recipe may name, by slot. The option form, the command line's help and the parser are made from this; a new
 * piece is one line here and one in pieces.ts. Metadata only: no GPU code is imported.
 */
import { uniform } from './grid/uniform.meta';
import { compensate } from './rounding/compensate.meta';
import { nearest } from './rounding/nearest.meta';
import type { PieceMeta, Slot } from './recipe';
import { permute } from './transform/permute.meta';

export const catalog: readonly PieceMeta[] = [permute, uniform, nearest, compensate];

export function piecesOf(slot: Slot): readonly PieceMeta[] {
  return catalog.filter((meta) => meta.slot === slot);
}

export function findPiece(slot: Slot, name: string): PieceMeta | undefined {
  return catalog.find((meta) => meta.slot === slot && meta.name === name);
}
