/**
 * Who may import whom, as the tables of docs/architecture.md say. Read by the test of the house, which holds all files to it, and by ESLint,
 * which says it in the editor. Paths are relative to src, without extension.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** The rows of the page's only table whose first heading is `first`, headings included: cells without white space around. */
function tableOf(first) {
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
function readTable() {
  const [[, ...rooms], ...rows] = tableOf('may import');
  return Object.fromEntries(
    rows.map(([name = '', ...cells]) => {
      const odd = cells.filter((cell) => cell !== '' && cell !== '✓');
      if (cells.length !== rooms.length || odd.length) throw new Error(`docs/architecture.md, ${name}: ticks expected`);
      return [name, rooms.filter((_, at) => cells[at] === '✓')];
    }),
  );
}

export const rooms = readTable();
export const roomOf = (path) => path.split('/')[0];

/** Globs of modules that hold types, literals and pure functions of them only: every room may import them. */
export const declarations = tableOf('declaration')
  .slice(1)
  .map(([cell = '']) => cell.replaceAll('`', ''));
/** ** stands for any folders, * for any part of a name. */
export const patterns = declarations.map(
  (glob) => new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('**/', '(.+/)?').replaceAll('*', '[^/]*')}$`),
);
export const isDeclaration = (path) => patterns.some((pattern) => pattern.test(path));

export function mayImport({ from, to, typeOnly }) {
  if (roomOf(from) === roomOf(to) || rooms[roomOf(from)]?.includes(roomOf(to)) || isDeclaration(to)) return true;
  // Types are erased: a declaration module may name the types of other rooms' declarations.
  return typeOnly && isDeclaration(from);
}

/** The path of a module that a file of src imports; null where it is none of src, or no code. */
export function targetOf(file, specifier) {
  if (!specifier.startsWith('.') || /\.(wgsl|css|json)/.test(specifier)) return null;
  const to = relative(src, resolve(dirname(file), specifier));
  return to.startsWith('..') ? null : to;
}
export const pathOf = (file) => relative(src, file).replace(/\.tsx?$/, '');

/** For ESLint: an import that the table forbids, where it stands. */
export const imports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const from = pathOf(context.filename);
    if (from.startsWith('..')) return {};
    const check = (node) => {
      if (!node.source) return;
      const to = targetOf(context.filename, String(node.source.value));
      const typeOnly = (node.importKind ?? node.exportKind) === 'type';
      if (to === null || mayImport({ from, to, typeOnly })) return;
      const message = `${roomOf(from)} may not import ${to}: see the tables of docs/architecture.md.`;
      context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
