/**
 * The selective scan of state-space models in float64, as a plain recurrence (Gu and Dao, 2023; with heads Dao and Gu, 2024), and its
 * adjoint. Twin of shaders/nn/selective_scan.wgsl and shaders/nn/head_scan.wgsl. For channel i of head h, which reads group g:
 *   S_t[i, n] = exp(Δ_t[h] A[h, n]) S_{t−1}[i, n] + Δ_t[h] x_t[i] B_t[g, n],   A = −exp(A_log),   S = 0 before a window
 *   y_t[i] = Σ_n C_t[g, n] S_t[i, n] + D[h] x_t[i]
 */
export interface ScanSizes {
  readonly channels: number;
  /** Runs of channels with a step size of their own; as many as channels in Mamba. */
  readonly heads: number;
  /** Runs of heads that share B and C; 1 in Mamba. */
  readonly groups: number;
  /** Values of a channel's state. */
  readonly states: number;
  /** Tokens of a window. */
  readonly length: number;
}

export interface Scanned {
  /** [tokens, channels]. */
  readonly x: ArrayLike<number>;
  /** Step sizes, [tokens, heads]. */
  readonly delta: ArrayLike<number>;
  /** [heads, states], or [heads] where all states of a head decay alike. */
  readonly aLog: ArrayLike<number>;
  /** [tokens, groups · states]. */
  readonly b: ArrayLike<number>;
  readonly c: ArrayLike<number>;
  /** [heads]. */
  readonly d: ArrayLike<number>;
}

/** y [tokens, channels]. */
export function selectiveScan(read: Scanned, sizes: ScanSizes): Float64Array {
  const { x, delta, b, c, d } = read;
  const { channels, heads, states } = sizes;
  const y = new Float64Array(x.length);
  for (const { channel, head, first, end, rates, inner } of walks(read, sizes)) {
    const state = new Float64Array(states);
    for (let t = first; t < end; t++) {
      const at = t * channels + channel;
      const [step, xt, from] = [delta[t * heads + head] as number, x[at] as number, inner(t)];
      let sum = (d[head] as number) * xt;
      for (let n = 0; n < states; n++) {
        const faded = Math.exp(step * (rates[n] as number)) * (state[n] as number);
        state[n] = faded + step * xt * (b[from + n] as number);
        sum += (c[from + n] as number) * (state[n] as number);
      }
      y[at] = sum;
    }
  }
  return y;
}

/** From dy, the gradient at y: one gradient like each that was read. The states are worked out again and kept, a channel at a time. */
export function selectiveScanBack(
  read: Scanned,
  dy: ArrayLike<number>,
  sizes: ScanSizes,
): Readonly<Record<keyof Scanned, Float64Array>> {
  const { x, delta, aLog, b, c, d } = read;
  const { channels, heads, states } = sizes;
  const like = (values: ArrayLike<number>) => new Float64Array(values.length);
  const to = { x: like(x), delta: like(delta), aLog: like(aLog), b: like(b), c: like(c), d: like(d) };
  const add = (into: Float64Array, at: number, value: number) => (into[at] = (into[at] as number) + value);
  for (const { channel, head, first, end, rates, inner } of walks(read, sizes)) {
    const factor = (t: number, n: number) => Math.exp((delta[t * heads + head] as number) * (rates[n] as number));
    const kept: Float64Array[] = [new Float64Array(states)];
    for (let t = first; t < end; t++) {
      const [pushed, from] = [(delta[t * heads + head] as number) * (x[t * channels + channel] as number), inner(t)];
      kept.push((kept.at(-1) as Float64Array).map((s, n) => factor(t, n) * s + pushed * (b[from + n] as number)));
    }
    const dState = new Float64Array(states);
    for (let t = end - 1; t >= first; t--) {
      const [at, step, from] = [t * channels + channel, t * heads + head, inner(t)];
      const [before, after] = [kept[t - first] as Float64Array, kept[t - first + 1] as Float64Array];
      const [dyt, xt, width] = [dy[at] as number, x[at] as number, delta[step] as number];
      add(to.d, head, dyt * xt);
      add(to.x, at, dyt * (d[head] as number));
      for (let n = 0; n < states; n++) {
        const [bt, rate] = [b[from + n] as number, rates[n] as number];
        add(to.c, from + n, dyt * (after[n] as number));
        const ds = (dState[n] as number) + dyt * (c[from + n] as number);
        const passed = ds * factor(t, n);
        const faded = passed * (before[n] as number);
        add(to.x, at, ds * width * bt);
        add(to.b, from + n, ds * width * xt);
        add(to.delta, step, rate * faded + ds * xt * bt);
        // A = −exp(A_log) is its own derivative.
        add(to.aLog, (head * aLog.length) / heads + (n % (aLog.length / heads)), rate * width * faded);
        dState[n] = passed;
      }
    }
  }
  return to;
}

/** A channel over the tokens [first, end) of one window. */
interface Walk {
  readonly channel: number;
  readonly head: number;
  readonly first: number;
  readonly end: number;
  /** A of each state. */
  readonly rates: Float64Array;
  /** Where B and C of a token begin. */
  readonly inner: (t: number) => number;
}

function* walks({ x, aLog }: Scanned, { channels, heads, groups, states, length }: ScanSizes): Generator<Walk> {
  const own = aLog.length / heads;
  for (let first = 0; first < x.length / channels; first += length) {
    for (let channel = 0; channel < channels; channel++) {
      const head = Math.floor(channel / (channels / heads));
      const group = Math.floor(head / (heads / groups));
      const rates = Float64Array.from({ length: states }, (_, n) => -Math.exp(aLog[head * own + (n % own)] as number));
      yield { channel, head, first, end: first + length, rates, inner: (t) => (t * groups + group) * states };
    }
  }
}
