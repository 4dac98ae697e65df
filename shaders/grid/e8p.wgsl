// E8P (QuIP#, arXiv 2402.04396): 8 columns are one point, ŵ = s · c with c of a codebook. s is the first of a parameter pair.
// Defines round_point, point_of and fit for a rounding kernel, which declares parameters, group_of, params.groups and
// target_value(row, col), the weight that a fit sees. float64 twin: reference/e8p.ts.
//   2 bits: c = E8P, 2^16 vectors of E8 + ¼: 256 rows of absolute values, 128 patterns of signs each, and a shift of ±¼.
//   3 bits: c = E8P + E81 / 2.04, 4 bits: c = E8P + E8P / 3.45: the second vector is the one nearest to what the first leaves.
// A codeword of 8·BITS bits is cut into BITS bits for each column, low bits first, so that packed codes are the codewords.
//   E8P: bits 0–7 row, 8–14 signs of columns 0–6 (that of column 7 makes the sum of the vector even), 15 set: −¼, clear: +¼.
//   E81, 8 bits above the E8P: see point_of_e81.
const WIDTH: u32 = 8;
const SETS: u32 = 1;
override BITS: u32 = 2;

// Entries of a row are q + ½ with q in 0 … 2, 2 bits each, column 0 lowest; two rows to a word. The first 227 rows are all of squared
// norm up to 10, in lexicographic order; the other 29 have squared norm 12 (appendix C.1 of the paper).
const ROWS: array<u32, 128> = array<u32, 128>(
  0x40000000, 0x10008000, 0x90005000, 0x60002000, 0x44000400, 0x14008400, 0x24005400, 0x48000800,
  0x01001800, 0x81004100, 0x51001100, 0x05002100, 0x15004500, 0x09005500, 0x42000200, 0x06001200,
  0x40400040, 0x10408040, 0x20405040, 0x44400440, 0x54401440, 0x01400840, 0x11404140, 0x05405140,
  0x15404540, 0x00800240, 0x10804080, 0x01800480, 0x40100010, 0x10108010, 0x20105010, 0x44100410,
  0x54101410, 0x01100810, 0x11104110, 0x05105110, 0x15104510, 0x00500210, 0x10504050, 0x04505050,
  0x14504450, 0x41500150, 0x05501150, 0x00200090, 0x10204020, 0x01200420, 0x00040060, 0x80044004,
  0x50041004, 0x04042004, 0x14044404, 0x08045404, 0x41040104, 0x51041104, 0x45040504, 0x02041504,
  0x40440044, 0x50441044, 0x44440444, 0x01441444, 0x11444144, 0x00840544, 0x40140014, 0x50141014,
  0x44140414, 0x01141414, 0x11144114, 0x00540514, 0x10544054, 0x01540454, 0x00080024, 0x10084008,
  0x01080408, 0x00180048, 0x40010001, 0x10018001, 0x20015001, 0x44010401, 0x54011401, 0x01010801,
  0x11014101, 0x05015101, 0x15014501, 0x00410201, 0x10414041, 0x04415041, 0x14414441, 0x41410141,
  0x05411141, 0x00110081, 0x10114011, 0x04115011, 0x14114411, 0x41110111, 0x05111111, 0x40510051,
  0x04511051, 0x00210151, 0x40050005, 0x50051005, 0x44050405, 0x01051405, 0x11054105, 0x00450505,
  0x10454045, 0x01450445, 0x40150015, 0x04151015, 0x00550115, 0x00020009, 0x10024002, 0x01020402,
  0x00120042, 0x55010006, 0x55105504, 0x05155540, 0x14151115, 0x44154115, 0x05455015, 0x14451145,
  0x44454145, 0x05515045, 0x14511151, 0x44514151, 0x05545054, 0x14541154, 0x44544154, 0x15055450,
);

// Scale that `fit` found.
var<private> fitted: array<vec2f, SETS>;

// A vector of 8 columns.
struct Eight {
  low: vec4f,
  high: vec4f,
}

// Scale of weights over scale of the codebook, and what the rest is multiplied with before it is looked up.
fn rms_of_points() -> f32 {
  return select(1.03, 0.98, BITS == 3);
}

fn rest_scale() -> f32 {
  return select(3.45, 2.04, BITS == 3);
}

fn row_bits(row: u32) -> u32 {
  return (ROWS[row / 2] >> (row % 2 * 16)) & 0xffff;
}

fn row_of(bits: u32) -> Eight {
  let q = vec4u(0, 2, 4, 6);
  return Eight(vec4f((vec4u(bits) >> q) & vec4u(3)) + 0.5, vec4f((vec4u(bits >> 8) >> q) & vec4u(3)) + 0.5);
}

// 1 when the sum of a row is odd.
fn oddness(bits: u32) -> u32 {
  return countOneBits(bits & 0x5555) & 1;
}

// Bit i is set where column i is negative.
fn signs_of(y: Eight) -> u32 {
  let low = select(vec4u(0), vec4u(1, 2, 4, 8), y.low < vec4f(0));
  let high = select(vec4u(0), vec4u(16, 32, 64, 128), y.high < vec4f(0));
  let both = low | high;
  return both.x | both.y | both.z | both.w;
}

fn with_signs(a: Eight, signs: u32) -> Eight {
  let low = (vec4u(signs) & vec4u(1, 2, 4, 8)) != vec4u(0);
  let high = (vec4u(signs) & vec4u(16, 32, 64, 128)) != vec4u(0);
  return Eight(select(a.low, -a.low, low), select(a.high, -a.high, high));
}

fn least(a: Eight) -> f32 {
  let m = min(a.low, a.high);
  return min(min(m.x, m.y), min(m.z, m.w));
}

// The set bit of the first column that holds the value.
fn bit_of(a: Eight, value: f32) -> u32 {
  let low = select(vec4u(0), vec4u(1, 2, 4, 8), a.low == vec4f(value));
  let high = select(vec4u(0), vec4u(16, 32, 64, 128), a.high == vec4f(value));
  let both = low | high;
  let all = both.x | both.y | both.z | both.w;
  return all & (~all + 1);
}

fn point_of_e8p(code: u32) -> Eight {
  let bits = row_bits(code & 255);
  let signs = (code >> 8) & 127;
  let last = (countOneBits(signs) & 1) ^ oddness(bits);
  let point = with_signs(row_of(bits), signs | (last << 7));
  let shift = select(0.25, -0.25, (code >> 15) == 1);
  return Eight(point.low + shift, point.high + shift);
}

// The nearest of 2^16: for each shift and row the best signs are those of y = x − shift, save that where they do not make the sum
// even, the column that costs least is turned. Largest 2 |y|·a − ‖a‖² over both, with ‖y‖² put in as far as the shifts differ.
fn nearest_e8p(x: Eight) -> u32 {
  let up = Eight(x.low - 0.25, x.high - 0.25);
  let down = Eight(x.low + 0.25, x.high + 0.25);
  let up_abs = Eight(abs(up.low), abs(up.high));
  let down_abs = Eight(abs(down.low), abs(down.high));
  let up_odd = countOneBits(signs_of(up)) & 1;
  let down_odd = countOneBits(signs_of(down)) & 1;
  let half = 0.5 * (dot(x.low, vec4f(1)) + dot(x.high, vec4f(1)));
  var best = -1e38;
  var code = 0u;
  for (var row = 0u; row < 256; row++) {
    let bits = row_bits(row);
    let odd = oddness(bits);
    let a = row_of(bits);
    let norm = dot(a.low, a.low) + dot(a.high, a.high);
    let in_up = Eight(up_abs.low * a.low, up_abs.high * a.high);
    let in_down = Eight(down_abs.low * a.low, down_abs.high * a.high);
    let up_turn = select(0.0, 4 * least(in_up), odd != up_odd);
    let down_turn = select(0.0, 4 * least(in_down), odd != down_odd);
    let up_score = 2 * dot(in_up.low + in_up.high, vec4f(1)) - norm - up_turn + half;
    let down_score = 2 * dot(in_down.low + in_down.high, vec4f(1)) - norm - down_turn - half;
    if (up_score > best) {
      best = up_score;
      code = row;
    }
    if (down_score > best) {
      best = down_score;
      code = row | 0x8000;
    }
  }
  let isdown = (code >> 15) == 1;
  let bits = row_bits(code & 255);
  let a = row_of(bits);
  var signs = select(signs_of(up), signs_of(down), isdown);
  if ((countOneBits(signs) & 1) != oddness(bits)) {
    let low = select(up_abs.low, down_abs.low, isdown) * a.low;
    let high = select(up_abs.high, down_abs.high, isdown) * a.high;
    let cost = Eight(low, high);
    signs ^= bit_of(cost, least(cost));
  }
  return code | ((signs & 127) << 8);
}

// E81: the vectors of E8 with squared norm of at most 2 and 15 of squared norm 4.
//   code < 128: halves, bits 0–6 signs of columns 0–6, an even number of columns negative
//   code < 240: two columns i < j of ±1; code − 128 = 4 · (j (j − 1) / 2 + i) + 2 · (sign of j) + (sign of i)
//   code < 255: column (code − 240) / 2 of ±2, negative when odd;   255: zero
fn point_of_e81(code: u32) -> Eight {
  if (code < 128) {
    let last = countOneBits(code) & 1;
    return with_signs(Eight(vec4f(0.5), vec4f(0.5)), code | (last << 7));
  }
  var columns = 0u;
  var signs = 0u;
  var size = 1.0;
  if (code < 240) {
    let pair = (code - 128) / 4;
    var j = 1u;
    while (j * (j + 1) / 2 <= pair) {
      j++;
    }
    let i = pair - j * (j - 1) / 2;
    columns = (1u << i) | (1u << j);
    signs = ((code & 1) << i) | (((code >> 1) & 1) << j);
  } else if (code < 255) {
    let i = (code - 240) / 2;
    columns = 1u << i;
    signs = (code & 1) << i;
    size = 2.0;
  }
  let low = select(vec4f(0), vec4f(size), (vec4u(columns) & vec4u(1, 2, 4, 8)) != vec4u(0));
  let high = select(vec4f(0), vec4f(size), (vec4u(columns) & vec4u(16, 32, 64, 128)) != vec4u(0));
  return with_signs(Eight(low, high), signs);
}

fn largest(a: Eight) -> f32 {
  let m = max(a.low, a.high);
  return max(max(m.x, m.y), max(m.z, m.w));
}

fn without(a: Eight, bit: u32) -> Eight {
  let low = select(a.low, vec4f(-1), (vec4u(bit) & vec4u(1, 2, 4, 8)) != vec4u(0));
  let high = select(a.high, vec4f(-1), (vec4u(bit) & vec4u(16, 32, 64, 128)) != vec4u(0));
  return Eight(low, high);
}

// The nearest of 256, each kind by its best: halves with the signs of x, the two largest columns, the largest column, zero.
fn nearest_e81(x: Eight) -> u32 {
  let a = Eight(abs(x.low), abs(x.high));
  let signs = signs_of(x);
  let odd = countOneBits(signs) & 1;
  let smallest = least(a);
  let halves = dot(a.low, vec4f(1)) + dot(a.high, vec4f(1)) - 2 - select(0.0, 2 * smallest, odd == 1);
  let first = largest(a);
  let first_bit = bit_of(a, first);
  let rest = without(a, first_bit);
  let second = largest(rest);
  let second_bit = bit_of(rest, second);
  let ones = 2 * (first + second) - 2;
  // Column 7 of −2 is missing. Where it would be the best, no other column of ±2 comes before `ones`.
  let two = select(4 * first - 4, -1e38, first_bit == 128 && (signs & 128) != 0);
  if (halves >= ones && halves >= two && halves >= 0) {
    return (signs ^ select(0, bit_of(a, smallest), odd == 1)) & 127;
  }
  if (ones >= two && ones >= 0) {
    let i = countTrailingZeros(min(first_bit, second_bit));
    let j = countTrailingZeros(max(first_bit, second_bit));
    return 128 + 4 * (j * (j - 1) / 2 + i) + 2 * ((signs >> j) & 1) + ((signs >> i) & 1);
  }
  if (two >= 0) {
    let i = countTrailingZeros(first_bit);
    return 240 + 2 * i + ((signs >> i) & 1);
  }
  return 255;
}

fn codeword_of(x: Eight) -> u32 {
  let first = nearest_e8p(x);
  if (BITS == 2) {
    return first;
  }
  let c = point_of_e8p(first);
  let rest = Eight((x.low - c.low) * rest_scale(), (x.high - c.high) * rest_scale());
  if (BITS == 3) {
    return first | (nearest_e81(rest) << 16);
  }
  return first | (nearest_e8p(rest) << 16);
}

fn point_of_codeword(code: u32) -> Eight {
  let c = point_of_e8p(code & 0xffff);
  if (BITS == 2) {
    return c;
  }
  var rest: Eight;
  if (BITS == 3) {
    rest = point_of_e81(code >> 16);
  } else {
    rest = point_of_e8p(code >> 16);
  }
  return Eight(c.low + rest.low / rest_scale(), c.high + rest.high / rest_scale());
}

fn scale_of(row: u32, col: u32) -> f32 {
  return parameters[(row * params.groups + group_of[col]) * 2];
}

fn round_point(row: u32, col: u32, x: array<f32, WIDTH>) -> array<u32, WIDTH> {
  let scale = scale_of(row, col);
  // A matrix of zeros has scale 0: whatever the codeword, its point is zero.
  let inverse = select(1 / scale, 0.0, scale == 0);
  let y = Eight(vec4f(x[0], x[1], x[2], x[3]) * inverse, vec4f(x[4], x[5], x[6], x[7]) * inverse);
  let code = codeword_of(y);
  var codes_of: array<u32, WIDTH>;
  for (var k = 0u; k < WIDTH; k++) {
    codes_of[k] = (code >> (BITS * k)) & ((1u << BITS) - 1);
  }
  return codes_of;
}

fn point_of(row: u32, col: u32, code: array<u32, WIDTH>) -> array<f32, WIDTH> {
  let scale = scale_of(row, col);
  var codeword = 0u;
  for (var k = 0u; k < WIDTH; k++) {
    codeword |= code[k] << (BITS * k);
  }
  let c = point_of_codeword(codeword);
  let low = scale * c.low;
  let high = scale * c.high;
  return array<f32, WIDTH>(low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w);
}

// Scale of columns [begin, end) of a row, from their root mean square.
fn fit(row: u32, begin: u32, end: u32) {
  var sum = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    sum += x * x;
  }
  fitted[0] = vec2f(sqrt(sum / f32(end - begin)) / rms_of_points(), 0.0);
}
