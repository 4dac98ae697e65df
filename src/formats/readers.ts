/** The readers that the lab has: every file of readers/ is one. */
import { assert } from '../util/assert';
import { type Reader, standings } from './reader';

export type ReaderModules = Readonly<Record<string, { readonly reader: Reader }>>;

export const readerModules: ReaderModules = import.meta.glob('./readers/*.ts', { eager: true });

/** Readers of modules by path, those that go first in front; none of two decides, so the order of one standing is that of names. */
export function readersOf(modules: ReaderModules): readonly Reader[] {
  const readers = Object.entries(modules).map(([path, { reader }]) => {
    assert(
      path.endsWith(`/${reader.name}.ts`),
      `${path} exports the reader "${reader.name}": a reader is named as its file`,
    );
    return reader;
  });
  const place = ({ standing }: Reader) => standings.indexOf(standing);
  return readers.sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

export const readers = readersOf(readerModules);

/** Those to which a file of that name belongs: all of them for JSON, which lies beside weights of every kind. */
export const readersOfFile = (name: string, among: readonly Reader[]): readonly Reader[] =>
  among.filter((reader) => /\.json$/i.test(name) || reader.match([name]) !== null);
