// f32 weights · f32 activations. See matmul.wgsl for the whole, WEIGHT_FORMATS for the layout. K is a multiple of 4.
// requires: matmul

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  for (var i = lane; i < K / 4u; i += W) {
    var xs: array<vec4<f32>, 4>;
    for (var m = 0u; m < M; m++) {
      xs[m] = x[min(first_row + m, last_row) * (K / 4u) + i];
    }
    for (var p = 0u; p < P; p++) {
      let at = min(first_panel + p, panel_count() - 1u) * K + i * 4u;
      let w0 = quants[at];
      let w1 = quants[at + 1u];
      let w2 = quants[at + 2u];
      let w3 = quants[at + 3u];
      for (var m = 0u; m < M; m++) {
        let v = xs[m];
        var sum = (*acc)[p * M + m];
        sum = fma(w0, vec4<f32>(v.x), sum);
        sum = fma(w1, vec4<f32>(v.y), sum);
        sum = fma(w2, vec4<f32>(v.z), sum);
        sum = fma(w3, vec4<f32>(v.w), sum);
        (*acc)[p * M + m] = sum;
      }
    }
  }
}
