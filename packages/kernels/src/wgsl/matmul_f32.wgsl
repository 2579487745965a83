// f32 weights · f32 activations. See matmul.wgsl for the whole, WEIGHT_FORMATS for the layout. K is a multiple of 4.
// requires: matmul

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn prepare(first_panel: u32) {}
fn prepare_rows(first_row: u32, end_row: u32) {}

fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let last_panel = panel_count() - 1u;
  for (var i = lane; i < K; i += W) {
    var w: array<vec4<f32>, 8>;
    for (var p = 0u; p < Q; p++) {
      w[p] = quants[min(first_panel + p, last_panel) * K + i];
    }
    for (var m = 0u; m < M; m++) {
      let v = vec4<f32>(x[min(first_row + m, last_row) * K + i]);
      for (var p = 0u; p < Q; p++) {
        (*acc)[a + p * M + m] = fma(w[p], v, (*acc)[a + p * M + m]);
      }
    }
  }
}
