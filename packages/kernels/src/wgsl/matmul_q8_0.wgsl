// q8_0 weights · int8 activations, integer dot products per block of 32: see matmul.wgsl for the whole, WEIGHT_FORMATS
// and quantize.wgsl for the layouts.
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
  for (var block = lane; block < K / 32u; block += W) {
    for (var p = 0u; p < P; p++) {
      let at = min(first_panel + p, panel_count() - 1u) * (K / 32u) + block;
      var dots = array<DotAcc, 4>();
      for (var half = 0u; half < 2u; half++) {
        let w0 = quants[at * 8u + half * 4u];
        let w1 = quants[at * 8u + half * 4u + 1u];
        let w2 = quants[at * 8u + half * 4u + 2u];
        let w3 = quants[at * 8u + half * 4u + 3u];
        for (var m = 0u; m < M; m++) {
          let v = xq[(min(first_row + m, last_row) * (K / 32u) + block) * 2u + half];
          var dot = dots[m];
          dot = dot_s8(dot, w0, v.x);
          dot = dot_s8(dot, w1, v.y);
          dot = dot_s8(dot, w2, v.z);
          dot = dot_s8(dot, w3, v.w);
          dots[m] = dot;
        }
      }
      let scale = f16x4(scales[at]);
      for (var m = 0u; m < M; m++) {
        let d = xs[min(first_row + m, last_row) * (K / 32u) + block].x;
        (*acc)[p * M + m] += vec4<f32>(dot_sum(dots[m])) * (scale * d);
      }
    }
  }
}
