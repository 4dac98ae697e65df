/** Parts of a block by name: they are called in the checkpoint as they are inside the block, behind its prefix. */
import type { Gains, Linear } from '../steps';

export interface Names {
  /** Of a norm without a bias; `above` is added to what is stored. */
  gains(name: string, width: number, above?: number): Gains;
  /** Gains and bias of a layer norm. */
  layerNorm(name: string, width: number): Gains;
  linear(name: string, rows: number, biased?: boolean): Linear;
  /** A tensor that is called so, and not "….weight". */
  whole(name: string): string;
  /** The layers as rows of one tensor, one below the other. */
  within(name: string, layers: readonly Linear[], biased?: boolean): readonly Linear[];
  /** The layers as rows of one tensor, head by head: of each of `heads`, the rows of the first layer, then those of the second. */
  interleaved(name: string, layers: readonly Linear[], heads: number, biased?: boolean): readonly Linear[];
}

export function namesIn(prefix: string): Names {
  const weight = (name: string) => `${prefix}${name}.weight`;
  const bias = (name: string) => `${prefix}${name}.bias`;
  /** Layers of one tensor, each at its rows. */
  const placed = (
    name: string,
    layers: readonly Linear[],
    { every, biased }: { readonly every?: number; readonly biased: boolean },
  ) => {
    const of = layers.reduce((sum, { rows }) => sum + rows, 0);
    let end = 0;
    return layers.map(({ name: own, rows }): Linear => {
      const begin = end;
      end += every === undefined ? rows : (rows * every) / of;
      const place = { begin, end, of, ...(every !== undefined && { every }) };
      return {
        name: own,
        rows,
        from: { tensor: weight(name), rows: place },
        ...(biased && { bias: { tensor: bias(name), rows: place } }),
      };
    });
  };
  return {
    gains: (name, width, above = 0) => ({
      ...{ name, width, from: { tensor: weight(name) } },
      ...(above !== 0 && { above }),
    }),
    layerNorm: (name, width) => ({ name, width, from: { tensor: weight(name) }, bias: { tensor: bias(name) } }),
    linear: (name, rows, biased = false) => ({
      ...{ name, rows, from: { tensor: weight(name) } },
      ...(biased && { bias: { tensor: bias(name) } }),
    }),
    whole: (name) => prefix + name,
    within: (name, layers, biased = false) => placed(name, layers, { biased }),
    interleaved(name, layers, heads, biased = false) {
      const of = layers.reduce((sum, { rows }) => sum + rows, 0);
      return placed(name, layers, { every: of / heads, biased });
    },
  };
}
