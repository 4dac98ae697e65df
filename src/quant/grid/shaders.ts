/** The WGSL side of the grids: a rounding kernel exists once per grid, with the grid's text behind its own. */
import lib from '../../../shaders/lib/grid.wgsl?raw';
import uniform from '../../../shaders/grid/uniform.wgsl?raw';

const texts = { uniform } as const;

export type GridShader = keyof typeof texts;

/** One kernel per grid. `define` gets what goes behind the kernel's own text. */
export function perGrid<K>(define: (lib: readonly string[]) => K): Readonly<Record<GridShader, K>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, define([text, lib])])) as Record<
    GridShader,
    K
  >;
}
