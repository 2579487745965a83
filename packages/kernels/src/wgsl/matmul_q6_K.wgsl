// q6_K weights · int8 activations: d · scale · (q − 32) with a scale per 16 inputs; −32 is taken off by the sum of those
// 16 activations. See matmul.wgsl for the whole, WEIGHT_FORMATS and quantize.wgsl for the layouts. K is a multiple of 256.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<u32>;
@group(0) @binding(5) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

// Sub-block s of a unit: bits 0..3 from a nibble of a or b, bits 4..5 from c.
fn six_bits(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, s: u32) -> vec4<u32> {
  let nibbles = vec4<u32>(0x0f0f0f0fu);
  let pairs = vec4<u32>(0x30303030u);
  switch s {
    case 0u: {
      return (a & nibbles) | ((c << vec4<u32>(4u)) & pairs);
    }
    case 1u: {
      return (b & nibbles) | ((c << vec4<u32>(2u)) & pairs);
    }
    case 2u: {
      return ((a >> vec4<u32>(4u)) & nibbles) | (c & pairs);
    }
    default: {
      return ((b >> vec4<u32>(4u)) & nibbles) | ((c >> vec4<u32>(2u)) & pairs);
    }
  }
}

// Byte i of each lane, sign kept.
fn signed_byte(v: vec4<u32>, i: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(v << vec4<u32>(24u - 8u * i)) >> vec4<u32>(24u));
}

fn prepare(first_panel: u32) {}
fn prepare_rows(first_row: u32, end_row: u32) {}

// Units of 64 inputs: four runs of 16, 32 apart, that share 12 words.
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let ones = vec4<u32>(0x01010101u);
  let last_panel = panel_count() - 1u;
  for (var unit = lane; unit < K / 64u; unit += W) {
    let half = (unit / 2u) % 2u;
    // Where the unit's first run of 16 starts, in 16s; the others follow at distance 2.
    let run = (unit / 4u) * 16u + half * 8u + unit % 2u;
    var dots = array<array<vec4<i32>, 4>, 16>();
    var sums = array<array<vec4<i32>, 4>, 4>();
    for (var i = 0u; i < 4u; i++) {
      for (var p = 0u; p < Q; p++) {
        let at = (min(first_panel + p, last_panel) * (K / 64u) + unit) * 12u + i * 3u;
        let w_a = quants[at];
        let w_b = quants[at + 1u];
        let w_c = quants[at + 2u];
        for (var s = 0u; s < 4u; s++) {
          let w = six_bits(w_a, w_b, w_c, s);
          for (var m = 0u; m < M; m++) {
            let v = spread_u7(xq[(min(first_row + m, last_row) * (K / 16u) + run + s * 2u) * 4u + i]);
            dots[p * M + m][s] = dot_u7(dots[p * M + m][s], w, v);
            if (p == 0u) {
              sums[m][s] = dot_u7(sums[m][s], ones, v);
            }
          }
        }
      }
    }
    for (var p = 0u; p < Q; p++) {
      let block = (min(first_panel + p, last_panel) * (K / 256u) + unit / 4u) * 5u;
      let d = f16_lo(scales[block]);
      for (var s = 0u; s < 4u; s++) {
        let scale = d * signed_byte(scales[block + 1u + half * 2u + s / 2u], (s % 2u) * 2u + unit % 2u);
        for (var m = 0u; m < M; m++) {
          let x = xs[(min(first_row + m, last_row) * (K / 16u) + run + s * 2u) / 2u].x;
          (*acc)[a + p * M + m] = fma(vec4<f32>(dots[p * M + m][s] - 32 * sums[m][s]), scale * x, (*acc)[a + p * M + m]);
        }
      }
    }
  }
}
