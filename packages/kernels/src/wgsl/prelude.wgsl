// Idioms that a GPU compiles as they stand and that the CPU device replaces, by name, with SIMD instructions.
// Weights lie in panels of 4 rows, so a vec4 holds the same inputs of 4 output rows.

// Running integer dot products of 4 rows. `a + b` is the result; the CPU keeps partial sums in both halves.
struct DotAcc {
  a: vec4<i32>,
  b: vec4<i32>,
}

// Lane r += the 4 signed bytes of w[r] · the 4 signed bytes of x.
fn dot_s8(acc: DotAcc, w: vec4<u32>, x: u32) -> DotAcc {
  return DotAcc(
    acc.a + vec4<i32>(dot4I8Packed(w.x, x), dot4I8Packed(w.y, x), dot4I8Packed(w.z, x), dot4I8Packed(w.w, x)),
    acc.b,
  );
}

fn dot_sum(acc: DotAcc) -> vec4<i32> {
  return acc.a + acc.b;
}

// As dot_s8, for bytes of w in 0..127.
fn dot_u7(acc: vec4<i32>, w: vec4<u32>, x: u32) -> vec4<i32> {
  return acc + vec4<i32>(dot4I8Packed(w.x, x), dot4I8Packed(w.y, x), dot4I8Packed(w.z, x), dot4I8Packed(w.w, x));
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
