/** Holds the house to the tables of docs/architecture.md (who may import whom, and what everybody may), to no cycles, and to file sizes. */
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

const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** The rows of the page's only table whose first heading is `first`, headings included: cells without white space around. */
function tableOf(first: string): [head: string[], ...rows: string[][]] {
  const lines = page.split('\n');
  const starts = lines.flatMap((line, at) => (line.startsWith(`| ${first} `) ? [at] : []));
  const [start] = starts;
  if (start === undefined || starts.length > 1) throw new Error(`docs/architecture.md: one table "${first}" expected`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  const cells = lines.slice(start, end).map((line) => line.split('|').slice(1, -1));
  const [head = [], , ...rows] = cells.map((row) => row.map((cell) => cell.trim()));
  return [head, ...rows];
}

/** Room → rooms that it may import. A cell is a tick or empty. */
function readTable(): Record<string, readonly string[]> {
  const [[, ...rooms], ...rows] = tableOf('may import');
  return Object.fromEntries(
    rows.map(([name = '', ...cells]) => {
      const odd = cells.filter((cell) => cell !== '' && cell !== '✓');
      if (cells.length !== rooms.length || odd.length) throw new Error(`docs/architecture.md, ${name}: ticks expected`);
      return [name, rooms.filter((_, at) => cells[at] === '✓')];
    }),
  );
}
const table = readTable();

/** Patterns over paths relative to src without extension: ** for any folders, * for any part of a name. */
const declarations = tableOf('declaration')
  .slice(1)
  .map(([cell = '']) => cell.replaceAll('`', ''));
const patternOf = (glob: string) =>
  new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('**/', '(.+/)?').replaceAll('*', '[^/]*')}$`);
const patterns = declarations.map(patternOf);
/** Modules that hold types, literals and pure functions of them only: every room may import them. */
const isDeclaration = (path: string) => patterns.some((pattern) => pattern.test(path));

describe('the house', () => {
  it('has the rooms that the page names, and no others', () => {
    expect(new Set(sources.map((path) => room(relative(src, path))))).toEqual(new Set(Object.keys(table)));
  });

  it('has the declarations that the page names', () => {
    const modules = sources.map((path) => relative(src, path).replace(/\.tsx?$/, ''));
    const unused = declarations.filter((_, at) => !modules.some((path) => patterns[at]?.test(path)));
    expect(unused).toEqual([]);
    expect(['quant/recipe', 'lab/permalinkV1', 'quant/grid/hqq.meta'].filter((path) => !isDeclaration(path))).toEqual(
      [],
    );
    expect(['quant/solve', 'quant/recipe/x', 'gpu/gpu', 'quant/recipex'].filter(isDeclaration)).toEqual([]);
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
