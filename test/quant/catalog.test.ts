/** The files of the pieces: each is found by itself, metadata and function are pairs, and no name is said twice. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { catalog, findPiece, type Modules } from '../../src/quant/recipe/catalog';
import { faults, pairPieces } from '../../src/quant/solve/pieces';
import type { PieceMeta, Slot } from '../../src/quant/recipe/recipe';
import { root } from '../house.mjs';

const quant = join(root, 'src/quant');
/** What a function of a piece makes, by slot. */
const kinds = { transform: 'Transform', grid: 'Grid', rounding: 'Rounding', correction: 'Correction' } as const;

/** Exports of src/quant/<slot>/*.ts, metadata aside, that make a piece of the slot from its options: "grid/ggml.ts: q4_0". */
function piecesInFiles(): string[] {
  const slots = Object.keys(kinds) as Slot[];
  const files = slots.flatMap((slot) =>
    readdirSync(join(quant, slot))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.meta.ts'))
      .map((name) => ({ slot, path: join(quant, slot, name) })),
  );
  // The words of the project say enough: no library is read.
  const program = ts.createProgram(
    files.map(({ path }) => path),
    { noLib: true, types: [], moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext },
  );
  const checker = program.getTypeChecker();
  return files.flatMap(({ slot, path }) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${path} is a module`);
    const makes = (symbol: ts.Symbol) =>
      checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), ts.SignatureKind.Call).some((signature) => {
        const [options, cols] = signature.parameters.map((one) => checker.typeToString(checker.getTypeOfSymbol(one)));
        const made = checker.typeToString(signature.getReturnType());
        return made === kinds[slot] && [undefined, 'Piece'].includes(options) && [undefined, 'number'].includes(cols);
      });
    return checker
      .getExportsOfModule(module)
      .filter(makes)
      .map(({ name }) => `${slot}/${basename(path)}: ${name}`);
  });
}

const meta = (name: string, slot: Slot = 'grid'): PieceMeta => {
  const found = findPiece('grid', 'q4_0');
  if (!found) throw new Error('the catalog has q4_0');
  return { ...found, name, slot };
};
const faultsOf = (metas: Modules<PieceMeta>, pieces: Modules<unknown>) => pairPieces(metas, pieces).faults;
const some = () => null;

describe('the files of the pieces', () => {
  it('are pairs, and no name is said twice', () => {
    expect(faults).toEqual([]);
  });

  it('hold no piece that the catalog lacks', () => {
    const found = piecesInFiles();
    const unknown = found.filter((one) => {
      const [, slot, name] = /^(\w+)\/.* (\w+)$/.exec(one) ?? [];
      return !findPiece(slot as Slot, name as string);
    });
    expect(unknown).toEqual([]);
    expect(found.length).toBe(catalog.length);
  });

  it('are one or several in a file, each under its name', () => {
    const metas = { './grid/two.meta.ts': { a: meta('a'), b: meta('b') }, './grid/c.meta.ts': { c: meta('c') } };
    const pieces = {
      './grid/two.ts': { a: some, b: some, fit: some },
      './grid/c.ts': { c: some },
      './grid/fit.ts': {},
    };
    const { made, faults: found } = pairPieces(metas, pieces);
    expect(found).toEqual([]);
    expect([...made.keys()]).toEqual(['grid/a', 'grid/b', 'grid/c']);
  });

  it.each<[string, Modules<PieceMeta>, Modules<unknown>]>([
    [
      'src/quant/grid/two.meta.ts exports b, and src/quant/grid/two.ts exports no function of that name.',
      { './grid/two.meta.ts': { a: meta('a'), b: meta('b') } },
      // Nor is it looked for elsewhere, or taken for what is no function.
      { './grid/two.ts': { a: some, b: {} }, './grid/b.ts': { b: some } },
    ],
    [
      'src/quant/grid/lone.meta.ts exports lone, and src/quant/grid/lone.ts exports no function of that name.',
      { './grid/lone.meta.ts': { lone: meta('lone') } },
      { './rounding/lone.ts': { lone: some } },
    ],
    [
      'src/quant/grid/b.meta.ts exports a, and so does src/quant/grid/a.meta.ts: expected one of them.',
      { './grid/a.meta.ts': { a: meta('a') }, './grid/b.meta.ts': { a: meta('a') } },
      { './grid/a.ts': { a: some }, './grid/b.ts': { a: some } },
    ],
    [
      'src/quant/grid/a.meta.ts exports a, and its name is b: expected the same.',
      { './grid/a.meta.ts': { a: meta('b') } },
      { './grid/a.ts': { a: some } },
    ],
    [
      'src/quant/grid/a.meta.ts exports a, a rounding: expected a grid, as its folder.',
      { './grid/a.meta.ts': { a: meta('a', 'rounding') } },
      { './grid/a.ts': { a: some } },
    ],
    ['src/quant/grid/a.meta.ts exports no piece.', { './grid/a.meta.ts': {} }, { './grid/a.ts': { a: some } }],
  ])('%s', (fault, metas, pieces) => {
    expect(faultsOf(metas, pieces)).toEqual([fault]);
  });

  it('may have one name in two slots', () => {
    const metas = { './grid/a.meta.ts': { a: meta('a') }, './rounding/a.meta.ts': { a: meta('a', 'rounding') } };
    expect(faultsOf(metas, { './grid/a.ts': { a: some }, './rounding/a.ts': { a: some } })).toEqual([]);
  });
});
