// q4_0 weights · int8 activations: d · (nibble − 8), where −8 is taken off by the block's sum of activations. See
// matmul.wgsl for the whole, WEIGHT_FORMATS and quantize.wgsl for the layouts.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let nibbles = vec4<u32>(0x0f0f0f0fu);
  for (var block = lane; block < K / 32u; block += W) {
    for (var p = 0u; p < P; p++) {
      let at = min(first_panel + p, panel_count() - 1u) * (K / 32u) + block;
      let w0 = quants[at * 4u];
      let w1 = quants[at * 4u + 1u];
      let w2 = quants[at * 4u + 2u];
      let w3 = quants[at * 4u + 3u];
      let scale = f16x4(scales[at]);
      for (var m = 0u; m < M; m++) {
        let x_block = min(first_row + m, last_row) * (K / 32u) + block;
        let low = xq[x_block * 2u];
        let high = xq[x_block * 2u + 1u];
        var dot = dot_u7(vec4<i32>(0), w0 & nibbles, low.x);
        dot = dot_u7(dot, (w0 >> vec4<u32>(4u)) & nibbles, high.x);
        dot = dot_u7(dot, w1 & nibbles, low.y);
        dot = dot_u7(dot, (w1 >> vec4<u32>(4u)) & nibbles, high.y);
        dot = dot_u7(dot, w2 & nibbles, low.z);
        dot = dot_u7(dot, (w2 >> vec4<u32>(4u)) & nibbles, high.z);
        dot = dot_u7(dot, w3 & nibbles, low.w);
        dot = dot_u7(dot, (w3 >> vec4<u32>(4u)) & nibbles, high.w);
        let s = xs[x_block];
        (*acc)[p * M + m] += (vec4<f32>(dot) * s.x - vec4<f32>(8.0 * s.y)) * scale;
      }
    }
  }
}
