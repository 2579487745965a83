// q4_K weights · int8 activations: d · scale · nibble − dmin · min, with the minimum times the block's sum of
// activations. See matmul.wgsl for the whole, WEIGHT_FORMATS and quantize.wgsl for the layouts. K is a multiple of 256.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn byte_of(v: vec4<u32>, i: u32) -> vec4<f32> {
  return vec4<f32>((v >> vec4<u32>(8u * i)) & vec4<u32>(0xffu));
}

// Groups of 64 inputs: 8 words of low nibbles (the first 32) and high nibbles (the next 32).
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let nibbles = vec4<u32>(0x0f0f0f0fu);
  for (var g = lane; g < K / 64u; g += W) {
    for (var p = 0u; p < P; p++) {
      let panel = min(first_panel + p, panel_count() - 1u);
      let at = (panel * (K / 64u) + g) * 8u;
      let block = (panel * (K / 256u) + g / 4u) * 5u;
      var dots_low = array<vec4<i32>, 4>();
      var dots_high = array<vec4<i32>, 4>();
      for (var half = 0u; half < 2u; half++) {
        let w0 = quants[at + half * 4u];
        let w1 = quants[at + half * 4u + 1u];
        let w2 = quants[at + half * 4u + 2u];
        let w3 = quants[at + half * 4u + 3u];
        for (var m = 0u; m < M; m++) {
          let x_at = (min(first_row + m, last_row) * (K / 64u) + g) * 4u + half;
          let low = xq[x_at];
          let high = xq[x_at + 2u];
          var dot = dot_u7(dots_low[m], w0 & nibbles, low.x);
          dot = dot_u7(dot, w1 & nibbles, low.y);
          dot = dot_u7(dot, w2 & nibbles, low.z);
          dots_low[m] = dot_u7(dot, w3 & nibbles, low.w);
          dot = dot_u7(dots_high[m], (w0 >> vec4<u32>(4u)) & nibbles, high.x);
          dot = dot_u7(dot, (w1 >> vec4<u32>(4u)) & nibbles, high.y);
          dot = dot_u7(dot, (w2 >> vec4<u32>(4u)) & nibbles, high.z);
          dots_high[m] = dot_u7(dot, (w3 >> vec4<u32>(4u)) & nibbles, high.w);
        }
      }
      let d = f16_lo(scales[block]);
      let d_min = f16_hi(scales[block]);
      let bytes = scales[block + 1u + g % 4u];
      let scale_low = d * byte_of(bytes, 0u);
      let scale_high = d * byte_of(bytes, 1u);
      let min_low = d_min * byte_of(bytes, 2u);
      let min_high = d_min * byte_of(bytes, 3u);
      for (var m = 0u; m < M; m++) {
        let x_block = (min(first_row + m, last_row) * (K / 64u) + g) * 2u;
        let s_low = xs[x_block];
        let s_high = xs[x_block + 1u];
        (*acc)[p * M + m] += vec4<f32>(dots_low[m]) * (scale_low * s_low.x) + vec4<f32>(dots_high[m]) * (scale_high * s_high.x)
          - (min_low * s_low.y + min_high * s_high.y);
      }
    }
  }
}
