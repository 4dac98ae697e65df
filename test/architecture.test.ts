/** Holds the house to the tables of docs/architecture.md (who may import whom, and what everybody may), to no cycles, and to file sizes. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RuleTester } from 'eslint';
import ts from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import {
  declarations,
  imports as importsRule,
  isDeclaration,
  mayImport,
  pathOf,
  patterns,
  roomOf,
  rooms,
  root,
  targetOf,
} from './house.mjs';

const src = join(root, 'src');

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

const sources = filesUnder(src).filter((path) => /\.tsx?$/.test(path));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Imports between files of src, as paths relative to src without extension. */
function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^(?:import|export)\s+(type\s+)?[^'";]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
  )) {
    const to = targetOf(path, (match[2] ?? match[3]) as string);
    if (to !== null) found.push({ from: pathOf(path), to, typeOnly: Boolean(match[1]) });
  }
  return found;
}

const imports = sources.flatMap(importsOf);

describe('the house', () => {
  it('has the rooms that the page names, and no others', () => {
    expect(new Set(sources.map((path) => roomOf(relative(src, path))))).toEqual(new Set(Object.keys(rooms)));
  });

  it('has the declarations that the page names', () => {
    const modules = sources.map(pathOf);
    const unused = declarations.filter((_, at) => !modules.some((path) => patterns[at]?.test(path)));
    expect(unused).toEqual([]);
    expect(['quant/recipe/recipe', 'log/events', 'quant/grid/hqq.meta'].filter((path) => !isDeclaration(path))).toEqual(
      [],
    );
    expect(['quant/solve/solveLayer', 'quant/recipe/x/y', 'gpu/gpu', 'quant/recipes'].filter(isDeclaration)).toEqual(
      [],
    );
  });

  it('imports only along the table', () => {
    const wrong = imports.filter((one) => !mayImport(one));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('is said in the editor: an import off the table is an error where it stands', () => {
    const filename = join(src, 'quant/made-up.ts');
    const message = 'quant may not import lab/run: see the tables of docs/architecture.md.';
    new RuleTester({ languageOptions: { parser: ts.parser } }).run('imports', importsRule, {
      valid: [
        { filename, code: "import { x } from '../tensor/matrix';" },
        { filename, code: "import type { x } from '../log/events';" },
        { filename: join(root, 'test/made-up.ts'), code: "import { run } from '../src/lab/run';" },
      ],
      invalid: [
        { filename, code: "import type { RunInput } from '../lab/run';", errors: [{ message }] },
        { filename, code: "export * from '../lab/run';", errors: [{ message }] },
        { filename, code: "const run = await import('../lab/run');", errors: [{ message }] },
      ],
    });
  });

  it('says GPUDevice only in the gpu room', () => {
    const wrong = sources.filter(
      (path) => roomOf(relative(src, path)) !== 'gpu' && /\bGPUDevice\b/.test(readFileSync(path, 'utf8')),
    );
    expect(wrong.map((path) => relative(root, path))).toEqual([]);
  });

  it('has no import cycle, imports of types included', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const visit = (node: string, path: readonly string[]): void => {
      if (state.get(node) === 'done') return;
      expect(state.get(node), `cycle: ${[...path, node].join(' → ')}`).not.toBe('open');
      state.set(node, 'open');
      for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
      state.set(node, 'done');
    };
    for (const node of edges.keys()) visit(node, []);
  });

  it('keeps files small', () => {
    const long = sources.filter((path) => readFileSync(path, 'utf8').split('\n').length > 401);
    expect(long.map((path) => relative(root, path))).toEqual([]);
  });
});
