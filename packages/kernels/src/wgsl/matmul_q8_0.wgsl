// q8_0 weights · int8 activations, integer dot products per block of 32: see matmul.wgsl for the whole, WEIGHT_FORMATS
// and quantize.wgsl for the layouts.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<u32>;
@group(0) @binding(5) var<storage, read> xs: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

// One lane alone, with many rows to come: it widens a tile's bytes once, not again for every row.
override WIDE: bool = W == 1u && M > 1u && Q == P && K <= 4096u;
override WIDE_SIZE: u32 = select(1u, P * (K / 4u), WIDE);
var<workgroup> wide: array<Wide, WIDE_SIZE>;

fn prepare(first_panel: u32) {
  if (WIDE) {
    for (var i = 0u; i < K / 4u; i++) {
      for (var p = 0u; p < P; p++) {
        wide[i * P + p] = widen_s8(quants[min(first_panel + p, panel_count() - 1u) * (K / 4u) + i]);
      }
    }
  }
}

// The innermost loop stays a loop: its turn fits the CPU's registers, a whole block does not.
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let last_panel = panel_count() - 1u;
  for (var block = lane; block < K / 32u; block += W) {
    var dots = array<DotAcc, 16>();
    for (var i = 0u; i < 8u; i++) {
      var w: array<Wide, 8>;
      for (var p = 0u; p < Q; p++) {
        if (WIDE) {
          w[p] = wide[(block * 8u + i) * P + p];
        } else {
          w[p] = widen_s8(quants[(min(first_panel + p, last_panel) * (K / 32u) + block) * 8u + i]);
        }
      }
      for (var m = 0u; m < M; m++) {
        let v = spread_s8(xq[(min(first_row + m, last_row) * (K / 32u) + block) * 8u + i]);
        for (var p = 0u; p < Q; p++) {
          dots[p * M + m] = dot_s8(dots[p * M + m], w[p], v);
        }
      }
    }
    for (var p = 0u; p < Q; p++) {
      let scale = f16x4(scales[min(first_panel + p, last_panel) * (K / 32u) + block]);
      for (var m = 0u; m < M; m++) {
        let d = vec4<f32>(xs[(min(first_row + m, last_row) * (K / 32u) + block) * 2u]);
        (*acc)[a + p * M + m] = fma(vec4<f32>(dot_sum(dots[p * M + m])), scale * d, (*acc)[a + p * M + m]);
      }
    }
  }
}
