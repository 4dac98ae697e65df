/**
 * Hadamard matrices (entries ±1, M Mᵀ = order·I) by construction: Paley I and II for prime q, Williamson's four symmetric circulants
 * by a search small enough to run each time. Orders known only from larger searches (92, 116, 188) are not here.
 */

/** [order, order] row-major, or null where none of the constructions gives this order. */
export function hadamardMatrix(order: number): Float64Array<ArrayBuffer> | null {
  if (order === 1) return Float64Array.of(1);
  if (order === 2) return Float64Array.of(1, 1, 1, -1);
  if (order % 4 !== 0) return null;
  if (isPrime(order - 1)) return paleyOne(order - 1);
  const q = order / 2 - 1;
  if (q % 4 === 1 && isPrime(q)) return paleyTwo(q);
  return isPrime(order / 4) ? williamson(order / 4) : null;
}

export function isPrime(n: number): boolean {
  if (n < 2 || !Number.isInteger(n)) return false;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

/** χ(x) for x modulo the prime q: 0 at 0, 1 at squares, −1 elsewhere. */
function quadraticCharacter(q: number): Int8Array {
  const chi = new Int8Array(q).fill(-1);
  for (let x = 1; x < q; x++) chi[(x * x) % q] = 1;
  chi[0] = 0;
  return chi;
}

/** [q + 1, q + 1]: the Jacobsthal matrix χ(i − j) with a border; `corner` is the first column below the corner. */
function bordered(q: number, corner: 1 | -1): Float64Array {
  const chi = quadraticCharacter(q);
  const n = q + 1;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    if (i === 0) return j === 0 ? 0 : 1;
    return j === 0 ? corner : (chi[(i - j + q) % q] as number);
  });
}

/** Order q + 1 for a prime q ≡ 3 mod 4 (Paley 1933): S + I with S skew. */
function paleyOne(q: number): Float64Array<ArrayBuffer> {
  const n = q + 1;
  return Float64Array.from(bordered(q, -1), (s, at) => (at % (n + 1) === 0 ? s + 1 : s));
}

/** Order 2q + 2 for a prime q ≡ 1 mod 4 (Paley 1933): S ⊗ [1 1; 1 −1] + I ⊗ [1 −1; −1 −1] with S symmetric. */
function paleyTwo(q: number): Float64Array<ArrayBuffer> {
  const S = bordered(q, 1);
  const half = q + 1;
  const n = 2 * half;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const s = S[(i >> 1) * half + (j >> 1)] as number;
    const [a, b] = [i & 1, j & 1];
    const off = a === 1 && b === 1 ? -1 : 1;
    const on = a === 0 && b === 0 ? 1 : -1;
    return i >> 1 === j >> 1 ? s * off + on : s * off;
  });
}

/** Classes of residues up to which the search is short: 2^(2·8) pairs. */
const mostClasses = 8;

/**
 * Order 4p for a prime p (Williamson 1944): symmetric circulants A, B, C, D of order p with A² + B² + C² + D² = 4p·I in a quaternion
 * array. Only first rows that are constant on the cosets of a subgroup of the units that holds −1 are tried, largest subgroup first.
 * Null when there is none among them.
 */
function williamson(p: number): Float64Array<ArrayBuffer> | null {
  for (let count = 1; count <= mostClasses; count++) {
    if ((p - 1) % count !== 0 || ((p - 1) / count) % 2 !== 0) continue;
    const rows = fourCirculants(p, unitClasses(p, count), count);
    if (rows) return quaternionArray(rows, p);
  }
  return null;
}

/** The class of each residue: cosets of the count-th powers, 0 … count − 1; 0 itself has none. */
function unitClasses(p: number, count: number): Int32Array {
  const classes = new Int32Array(p).fill(-1);
  for (let root = 2; ; root++) {
    classes.fill(-1);
    let x = 1;
    let length = 0;
    for (; classes[x] === -1; length++) {
      classes[x] = length % count;
      x = (x * root) % p;
    }
    // Only a primitive root passes all units, and only then are these the cosets.
    if (length === p - 1) return classes;
  }
}

function fourCirculants(p: number, classes: Int32Array, count: number): Float64Array[] | null {
  const representative = Array.from({ length: count }, (_, c) => classes.indexOf(c));
  const rows = Array.from({ length: 2 ** count }, (_, word) =>
    Float64Array.from(classes, (c) => (c < 0 ? 1 : (word >> c) & 1 ? 1 : -1)),
  );
  // Periodic autocorrelation at one shift of each class; four rows fit when theirs add up to zero.
  const correlations = rows.map((row) =>
    representative.map((shift) => row.reduce((sum, v, i) => sum + v * (row[(i + shift) % p] as number), 0)),
  );
  const pairs = new Map<string, readonly [number, number]>();
  for (let a = 0; a < rows.length; a++) {
    for (let b = a; b < rows.length; b++) {
      const sum = (correlations[a] as number[]).map((v, s) => v + (correlations[b]?.[s] as number));
      // 0 − v and not −v, which would write zero as −0.
      const other = pairs.get(sum.map((v) => 0 - v).join());
      if (other) return [...other, a, b].map((i) => rows[i] as Float64Array);
      const key = sum.join();
      if (!pairs.has(key)) pairs.set(key, [a, b]);
      if (sum.every((v) => v === 0)) return [a, b, a, b].map((i) => rows[i] as Float64Array);
    }
  }
  return null;
}

/** Which circulant, and its sign, stands in each place of the 4 × 4 array. */
const quaternions = [
  [1, 2, 3, 4],
  [-2, 1, -4, 3],
  [-3, 4, 1, -2],
  [-4, -3, 2, 1],
] as const;

function quaternionArray(rows: readonly Float64Array[], p: number): Float64Array<ArrayBuffer> {
  const n = 4 * p;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const place = quaternions[Math.floor(i / p)]?.[Math.floor(j / p)] as number;
    const circulant = rows[Math.abs(place) - 1] as Float64Array;
    return Math.sign(place) * (circulant[((j % p) - (i % p) + p) % p] as number);
  });
}
