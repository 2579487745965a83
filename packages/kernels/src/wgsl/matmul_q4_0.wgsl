// q4_0 weights · int8 activations: d · (nibble − 8), where −8 is taken off by the block's sum of activations. See
// matmul.wgsl for the whole, WEIGHT_FORMATS and quantize.wgsl for the layouts.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<u32>;
@group(0) @binding(5) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn prepare(first_panel: u32) {}
fn prepare_rows(first_row: u32, end_row: u32) {}

// The innermost loop stays a loop: its turn fits the CPU's registers, a whole block does not.
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let nibbles = vec4<u32>(0x0f0f0f0fu);
  let last_panel = panel_count() - 1u;
  for (var block = lane; block < K / 32u; block += W) {
    var dots = array<DotAcc, 16>();
    for (var i = 0u; i < 4u; i++) {
      var low: array<vec4<u32>, 8>;
      var high: array<vec4<u32>, 8>;
      for (var p = 0u; p < Q; p++) {
        let w = quants[(min(first_panel + p, last_panel) * (K / 32u) + block) * 4u + i];
        low[p] = w & nibbles;
        high[p] = (w >> vec4<u32>(4u)) & nibbles;
      }
      for (var m = 0u; m < M; m++) {
        let at = (min(first_row + m, last_row) * (K / 32u) + block) * 8u + i;
        let v_low = spread_u7(xq[at]);
        let v_high = spread_u7(xq[at + 4u]);
        for (var p = 0u; p < Q; p++) {
          dots[p * M + m] = dot_u4(dot_u4(dots[p * M + m], low[p], v_low), high[p], v_high);
        }
      }
    }
    for (var p = 0u; p < Q; p++) {
      let scale = f16x4(scales[min(first_panel + p, last_panel) * (K / 32u) + block]);
      for (var m = 0u; m < M; m++) {
        let s = xs[min(first_row + m, last_row) * (K / 32u) + block];
        let shifted = fma(vec4<f32>(dot_u4_sum(dots[p * M + m])), vec4<f32>(s.x), vec4<f32>(-8.0 * s.y));
        (*acc)[a + p * M + m] = fma(shifted, scale, (*acc)[a + p * M + m]);
      }
    }
  }
}
