/** The dialects that the lab knows: every file of dialects/ is one. */
import { assert } from '../util/assert';
import { FormatError } from '../util/errors';
import type { Dialect } from './dialect';

export type DialectModules = Readonly<Record<string, { readonly dialect: Dialect }>>;

export const dialectModules: DialectModules = import.meta.glob('./dialects/*.ts', { eager: true });

export function dialectsOf(modules: DialectModules): readonly Dialect[] {
  return Object.entries(modules).map(([path, { dialect }]) => {
    assert(
      path.endsWith(`/${dialect.name}.ts`),
      `${path} exports the dialect "${dialect.name}": it is named as its file`,
    );
    return dialect;
  });
}

const dialects = dialectsOf(dialectModules);

/** Stored name → the architecture's, for the tensors of one checkpoint. FormatError `several-dialects` where two claim them. */
export function namesIn(names: readonly string[], known: readonly Dialect[] = dialects): (stored: string) => string {
  const fitting = known.flatMap((one) => {
    const nameOf = one.read(names);
    return nameOf ? [{ name: one.name, nameOf }] : [];
  });
  const [dialect, ...others] = fitting;
  if (dialect && others.length > 0) {
    const found = fitting.map(({ name }) => name).join(', ');
    throw new FormatError(
      'several-dialects',
      `the names of the tensors fit more than one dialect (${found}), so it is unclear which are meant. Write the weights anew with transformers.`,
      { found },
    );
  }
  return dialect?.nameOf ?? ((stored) => stored);
}
