/**
 * The WGSL side of the grids: a rounding kernel exists once per grid, with the grid's text behind its own. Every file of shaders/grid
 * is a grid; what a scalar grid leaves out, points of one column, comes from shaders/lib/scalar.wgsl.
 */
import lib from '../../../shaders/lib/grid.wgsl?raw';
import scalar from '../../../shaders/lib/scalar.wgsl?raw';
import { present } from '../../util/assert';

const files = import.meta.glob<string>('../../../shaders/grid/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const texts = Object.entries(files).map(([path, text]) => [path.replace(/^.*\/|\.wgsl$/g, ''), text] as const);

/** The kernel of a grid, by the name of its WGSL file. `define` gets what goes behind the kernel's own text. */
export function perGrid<K>(define: (lib: readonly string[]) => K): (shader: string) => K {
  const kernels = new Map(
    texts.map(([name, text]) => [name, define([text, ...(/\bconst WIDTH\b/.test(text) ? [] : [scalar]), lib])]),
  );
  return (shader) => present(kernels.get(shader), `shaders/grid/${shader}.wgsl`);
}
