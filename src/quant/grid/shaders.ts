/**
 * The WGSL side of the grids: a rounding kernel exists once per grid, with the grid's text behind its own. Every file of shaders/grid
 * is a grid. Behind it come the files that its header names ("With lib/half.wgsl …") and, for a scalar grid, points of one column.
 */
import { present } from '../../util/assert';

const files = import.meta.glob<string>('../../../shaders/{grid,lib}/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const textOf = (name: string) => present(files[`../../../shaders/${name}.wgsl`], `shaders/${name}.wgsl`);
const names = Object.keys(files).flatMap((path) => /shaders\/grid\/(\w+)\.wgsl$/.exec(path)?.[1] ?? []);

function partsOf(name: string): readonly string[] {
  const text = textOf(`grid/${name}`);
  const header = /^(?:\/\/.*\n)*/.exec(text)?.[0] ?? '';
  const libs = [...header.matchAll(/\b(lib\/\w+)\.wgsl/g)].map((match) => textOf(match[1] as string));
  return [text, ...libs, ...(/\bconst WIDTH\b/.test(text) ? [] : [textOf('lib/scalar')]), textOf('lib/grid')];
}

/** The kernel of a grid, by the name of its WGSL file. `define` gets what goes behind the kernel's own text. */
export function perGrid<K>(define: (lib: readonly string[]) => K): (shader: string) => K {
  const kernels = new Map(names.map((name) => [name, define(partsOf(name))]));
  return (shader) => present(kernels.get(shader), `shaders/grid/${shader}.wgsl`);
}
