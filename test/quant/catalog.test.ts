/**
 * The files of the pieces: each is found by itself, metadata and function are pairs, no name is said twice, and none says another's: what
 * pieces have to know of each other are properties in the metadata, and these are true.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { catalog, findPiece, metaFiles, piecesOf, type Modules } from '../../src/quant/recipe/catalog';
import { faults, makeGrid, pairPieces } from '../../src/quant/solve/pieces';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { PieceMeta, Slot } from '../../src/quant/recipe/recipe';
import { root } from '../house.mjs';

const quant = join(root, 'src/quant');
/** What a function of a piece makes, by slot. */
const kinds = { transform: 'Transform', grid: 'Grid', rounding: 'Rounding', correction: 'Correction' } as const;

/** Files of the pieces and what they share: slot and path. */
const files = (Object.keys(kinds) as Slot[]).flatMap((slot) =>
  readdirSync(join(quant, slot))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ slot, path: join(quant, slot, name) })),
);

/** Exports of src/quant/<slot>/*.ts, metadata aside, that make a piece of the slot from its options: "grid/ggml.ts: q4_0". */
function piecesInFiles(): string[] {
  const functions = files.filter(({ path }) => !path.endsWith('.meta.ts'));
  // The words of the project say enough: no library is read.
  const program = ts.createProgram(
    functions.map(({ path }) => path),
    { noLib: true, types: [], moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext },
  );
  const checker = program.getTypeChecker();
  return functions.flatMap(({ slot, path }) => {
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

/** Words that are also a piece's name: of a file, and what they mean there. */
const otherMeanings: Readonly<Record<string, string>> = {
  'transform/rotate hadamard': 'the matrix that rotates, an option',
  'app/SkipLinks nearest': 'of scrollIntoView',
  'cli/commands keep': 'an option of the command line',
  'cli/main keep': 'an option of the command line',
  'log/link/v2 scale': 'a field of a series',
  'app/TensorsCard tensor': 'of a checkpoint',
  'cli/print tensor': 'of a checkpoint',
  'cli/roundingErrors tensor': 'a column of a table',
  'store/roundingView tensor': 'a field of an event',
  'store/goodStart awq': 'the method',
  'store/goodStart hqq': 'the method',
  'store/ways awq': 'the method',
};

/** Strings of the code, comments and imports aside, that are the name of a piece of another file: "transform/scale.meta.ts:34 rotate". */
function namesOfOthers(name: string, text: string): string[] {
  const home = name.replace(/(\.meta)?\.tsx?$/, '');
  const own = Object.entries(metaFiles).flatMap(([path, module]) =>
    path.endsWith(`/${home}.meta.ts`) ? Object.keys(module) : [],
  );
  const others = new Set(catalog.map((one) => one.name).filter((one) => !own.includes(one)));
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) && others.has(node.text) && !otherMeanings[`${home} ${node.text}`]) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${name}:${line + 1} ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
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

  it('say no name of another: pieces know each other by properties', () => {
    const said = files.flatMap(({ slot, path }) =>
      namesOfOthers(`${slot}/${basename(path)}`, readFileSync(path, 'utf8')),
    );
    expect(said).toEqual([]);
    const code =
      "import { rotate } from './rotate';\n// Not 'scale'.\nif (name === 'permute' || name === 'e8p') refuse();";
    expect(namesOfOthers('grid/e8p.ts', code)).toEqual(['grid/e8p.ts:3 permute']);
    expect(namesOfOthers('grid/ggml.ts', "const fallback = { q4_k: 'q5_0', mine: 'awq' };")).toEqual([
      'grid/ggml.ts:1 awq',
    ]);
  });

  it('are named by nobody else: the lab, the page and the language of recipes know pieces by properties', () => {
    const src = join(root, 'src');
    const outside = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
      (path) =>
        /\.tsx?$/.test(path) &&
        // Rooms below the pieces cannot mean them; the literature may.
        /^(quant|log|measures|targets|lab|worker|cli|store|app)\//.test(path) &&
        !/^quant\/(transform|grid|rounding|correction|methods)\//.test(path),
    );
    expect(outside).toContain('lab/sweep.ts');
    expect(outside.flatMap((path) => namesOfOthers(path, readFileSync(join(src, path), 'utf8')))).toEqual([]);
  });

  it('say of a grid what it is', () => {
    for (const { name, width = 1, wholeRows = false } of piecesOf('grid')) {
      const grid = makeGrid(recipeOf({ grid: { name }, rounding: { name: 'nearest' } }).grid, 256);
      expect([name, grid.width], 'columns of a point').toEqual([name, width]);
      if (wholeRows) expect([name, grid.group]).toEqual([name, Infinity]);
    }
    // Of the others, those without an option for groups have groups of their own.
    const chosen = piecesOf('grid').filter(({ options, wholeRows }) => !wholeRows && !('group' in options));
    const groups = chosen.map(
      ({ name }) => makeGrid(recipeOf({ grid: { name }, rounding: { name: 'nearest' } }).grid, 256).group,
    );
    expect(groups.filter((group) => group === Infinity)).toEqual([]);
  });

  it('say of every transform what it does to columns', () => {
    expect(piecesOf('transform').filter(({ columns }) => columns === undefined)).toEqual([]);
    expect(
      catalog.filter(({ slot, columns, absorbed }) => slot !== 'transform' && (columns ?? absorbed) !== undefined),
    ).toEqual([]);
  });

  it('may have one name in two slots', () => {
    const metas = { './grid/a.meta.ts': { a: meta('a') }, './rounding/a.meta.ts': { a: meta('a', 'rounding') } };
    expect(faultsOf(metas, { './grid/a.ts': { a: some }, './rounding/a.ts': { a: some } })).toEqual([]);
  });
});
