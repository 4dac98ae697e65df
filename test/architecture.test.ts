/** Holds the house to its import table (README, "Rooms"), to no cycles, and to file sizes. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
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
  const from = relative(src, path).replace(/\.tsx?$/, '');
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^(?:import|export)\s+(type\s+)?[^'";]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
  )) {
    const target = (match[2] ?? match[3]) as string;
    if (/\.(wgsl|css|json)/.test(target)) continue;
    const to = relative(src, resolve(dirname(path), target)).replace(/\.tsx?$/, '');
    if (!to.startsWith('..')) found.push({ from, to, typeOnly: Boolean(match[1]) });
  }
  return found;
}

const imports = sources.flatMap(importsOf);
const room = (path: string) => path.split('/')[0] as string;

/** Modules that hold types, literals and pure functions of them only: any room of the page's side may import them. */
const isDeclaration = (path: string) =>
  /^(quant\/(recipe|recipes|methods\/\w+|catalog|matrix|parseRecipe)|lab\/(events|log|statistics|takeOver|permalink.*|verdict\/\w+)|model\/card)$|\.meta$/.test(
    path,
  );

const table: Record<string, readonly string[]> = {
  util: [],
  reference: ['util'],
  gpu: ['util'],
  tensor: ['util', 'gpu'],
  formats: ['util'],
  model: ['util', 'gpu', 'tensor', 'formats'],
  quant: ['util', 'gpu', 'tensor'],
  lab: ['util', 'reference', 'gpu', 'tensor', 'formats', 'model', 'quant'],
  cli: ['util', 'reference', 'gpu', 'formats', 'lab'],
  worker: ['util', 'reference', 'gpu', 'formats', 'lab'],
  store: ['util', 'worker'],
  app: ['util', 'store'],
};

describe('the house', () => {
  it('has only the rooms that the plan names', () => {
    expect(new Set(sources.map((path) => room(relative(src, path))))).toEqual(new Set(Object.keys(table)));
  });

  it('imports only along the table', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (room(from) === room(to) || table[room(from)]?.includes(room(to))) return false;
      if (isDeclaration(to)) return false;
      // Types are erased: a declaration module may name the types of other rooms' declarations.
      return !(typeOnly && isDeclaration(from));
    });
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('says GPUDevice only in the gpu room', () => {
    const wrong = sources.filter(
      (path) => room(relative(src, path)) !== 'gpu' && /\bGPUDevice\b/.test(readFileSync(path, 'utf8')),
    );
    expect(wrong.map((path) => relative(root, path))).toEqual([]);
  });

  it('has no import cycle', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
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
