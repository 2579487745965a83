// Idioms that a GPU compiles as they stand and that the CPU device replaces, by name, with SIMD instructions.
// Weights lie in panels of 4 rows, so a vec4 holds the same inputs of 4 output rows.

// 16 bytes of weights made ready for dot_s8. The CPU widens both halves to 16 bits.
struct Wide {
  a: vec4<u32>,
  b: vec4<u32>,
}

fn widen_s8(w: vec4<u32>) -> Wide {
  return Wide(w, vec4<u32>(0u));
}

// 4 bytes of activations made ready for the dot products below: one spread serves several panels.
struct Spread {
  x: vec4<u32>,
}

// For dot_s8.
fn spread_s8(x: u32) -> Spread {
  return Spread(vec4<u32>(x));
}

// For dot_u4 and dot_u7.
fn spread_u7(x: u32) -> Spread {
  return Spread(vec4<u32>(x));
}

// Running integer dot products of 4 rows. `a + b` is the result; the CPU keeps partial sums in both halves.
struct DotAcc {
  a: vec4<i32>,
  b: vec4<i32>,
}

// Lane r += the 4 signed bytes of w[r] · the 4 signed bytes of x.
fn dot_s8(acc: DotAcc, w: Wide, x: Spread) -> DotAcc {
  return DotAcc(acc.a + dot_bytes(w.a, x.x.x), acc.b);
}

fn dot_sum(acc: DotAcc) -> vec4<i32> {
  return acc.a + acc.b;
}

// The same bytes as pairs of 16 bits: inputs 0 and 1 of each row in a, 2 and 3 in b, the lower one in the low half.
fn pairs_s8(w: vec4<u32>) -> Wide {
  return Wide(
    vec4<u32>(pair_s8(w.x), pair_s8(w.y), pair_s8(w.z), pair_s8(w.w)),
    vec4<u32>(pair_s8(w.x >> 16u), pair_s8(w.y >> 16u), pair_s8(w.z >> 16u), pair_s8(w.w >> 16u)),
  );
}

fn pair_s8(bytes: u32) -> u32 {
  let low = extractBits(i32(bytes), 0u, 8u);
  let high = extractBits(i32(bytes), 8u, 8u);
  return (u32(low) & 0xffffu) | (u32(high) << 16u);
}

// Two 16-bit activations made ready for dot_i16.
fn spread_i16(x: u32) -> Spread {
  return Spread(vec4<u32>(x));
}

// Lane r += the 2 signed halves of w[r] · the 2 signed halves of x, for halves that come from bytes.
fn dot_i16(acc: vec4<i32>, w: vec4<u32>, x: Spread) -> vec4<i32> {
  let w_low = vec4<i32>(w << vec4<u32>(16u)) >> vec4<u32>(16u);
  let w_high = vec4<i32>(w) >> vec4<u32>(16u);
  let x_low = vec4<i32>(x.x << vec4<u32>(16u)) >> vec4<u32>(16u);
  let x_high = vec4<i32>(x.x) >> vec4<u32>(16u);
  return acc + w_low * x_low + w_high * x_high;
}

// As dot_s8, for bytes of w in 0..127.
fn dot_u7(acc: vec4<i32>, w: vec4<u32>, x: Spread) -> vec4<i32> {
  return acc + dot_bytes(w, x.x.x);
}

// The same for bytes of w in 0..15, at most 8 of them before dot_u4_sum: the CPU adds in 16 bits.
fn dot_u4(acc: DotAcc, w: vec4<u32>, x: Spread) -> DotAcc {
  return DotAcc(acc.a + dot_bytes(w, x.x.x), acc.b);
}

fn dot_u4_sum(acc: DotAcc) -> vec4<i32> {
  return acc.a + acc.b;
}

fn dot_bytes(w: vec4<u32>, x: u32) -> vec4<i32> {
  return vec4<i32>(dot4I8Packed(w.x, x), dot4I8Packed(w.y, x), dot4I8Packed(w.z, x), dot4I8Packed(w.w, x));
}

// 4 packed halves, ascending.
fn f16x4(v: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(v.x), unpack2x16float(v.y));
}

// The low, the high half of each lane, as f16.
fn f16_lo(v: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(v.x).x, unpack2x16float(v.y).x, unpack2x16float(v.z).x, unpack2x16float(v.w).x);
}

fn f16_hi(v: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(v.x).y, unpack2x16float(v.y).y, unpack2x16float(v.z).y, unpack2x16float(v.w).y);
}

// The same, as bfloat16: the upper half of an f32.
fn bf16_lo(v: vec4<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(v << vec4<u32>(16u));
}

fn bf16_hi(v: vec4<u32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(v & vec4<u32>(0xffff0000u));
}
