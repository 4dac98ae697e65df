/** Derivatives by differences, for tests of gradients. */

/** About the seventh root of float64's rounding, where its error and that of the formula meet; values of the tests are about 1. */
const step = 1e-3;

/**
 * Bound on `farthest` of gradients from differences. The formula leaves step⁶/140 of the seventh derivative: 1e-20 of values about 1, and much
 * more where a row is short before its norm or a softmax is steep. Rounding leaves 1e-16/step of the loss. Measured: up to 6e-11, and 4e-9
 * where a gradient is 0 and compared with 1e-4 of the largest.
 */
export const differenceBound = 1e-8;

/** ∂loss/∂values[at] by central differences of sixth order; `values` is as it was afterwards. */
async function difference(loss: () => number | Promise<number>, values: Float64Array, at: number): Promise<number> {
  const x = values[at] as number;
  const lossAt = async (away: number) => {
    values[at] = x + away * step;
    return loss();
  };
  const across = async (away: number) => (await lossAt(away)) - (await lossAt(-away));
  const slope = (45 * (await across(1)) - 9 * (await across(2)) + (await across(3))) / (60 * step);
  values[at] = x;
  return slope;
}

/** The same for all of the named `tensors`. */
export async function differences(
  loss: () => number | Promise<number>,
  tensors: Iterable<readonly [name: string, values: Float64Array]>,
): Promise<Map<string, Float64Array>> {
  const gradients = new Map<string, Float64Array>();
  for (const [name, values] of tensors) {
    const gradient = new Float64Array(values.length);
    for (let at = 0; at < gradient.length; at++) gradient[at] = await difference(loss, values, at);
    gradients.set(name, gradient);
  }
  return gradients;
}

/** Largest |got − want| over the largest |want|, or over `least` where that is more; NaN where lengths differ. */
export function farthest(got: ArrayLike<number>, want: ArrayLike<number>, least = 0): number {
  if (got.length !== want.length) return NaN;
  let error = 0;
  let size = least;
  for (let i = 0; i < want.length; i++) {
    error = Math.max(error, Math.abs((got[i] as number) - (want[i] as number)));
    size = Math.max(size, Math.abs(want[i] as number));
  }
  return size === 0 ? error : error / size;
}
