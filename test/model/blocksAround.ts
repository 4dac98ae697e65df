/** Blocks with something put into them: matrices that turn a value each time the model runs, norms that no longer centre. For tests. */
import { one, type Steps } from '../../src/model/steps';
import type { Basis } from './basis';
import type { HostBlock } from './hostModel';

const turned = <T>(b: Steps<T>, x: T, name: string, width: number): T =>
  one(b, `turn.${name}`, x, { name: `turn.${name}`, rows: width, from: { tensor: `turn.${name}` } });

function put(host: HostBlock, name: string, { size, to }: Basis): void {
  host.content.set(`turn.${name}`, { rows: size, cols: size, values: to });
}

/** What the named norms make is M times itself. */
export function turnBehind(host: HostBlock, norms: readonly string[], basis: Basis): void {
  const { block } = host;
  for (const name of norms) put(host, name, basis);
  host.block = (b, h) =>
    block(
      {
        ...b,
        norm(gains, x, rule) {
          const y = b.norm(gains, x, rule);
          return norms.includes(gains.name) ? turned(b, y, gains.name, basis.size) : y;
        },
      },
      h,
    );
}

/** What comes to the named site is M times itself. */
export function turnBefore(host: HostBlock, site: string, basis: Basis): void {
  const { block } = host;
  put(host, site, basis);
  host.block = (b, h) =>
    block(
      {
        ...b,
        linear: (name, x, layers, usually) =>
          b.linear(name, name === site ? turned(b, x, site, basis.size) : x, layers, usually),
      },
      h,
    );
}

/** Layer norms do not subtract the mean, nor add their bias: where the stream has a mean of zero in a basis that is not shown. */
export function withoutCentring(host: HostBlock): void {
  const { block } = host;
  host.block = (b, h) =>
    block(
      {
        ...b,
        norm: ({ name, width, from }, x, { epsilon }) => b.norm({ name, width, from }, x, { kind: 'rms', epsilon }),
      },
      h,
    );
}
