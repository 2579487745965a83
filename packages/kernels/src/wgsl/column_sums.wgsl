// Sums over rows, for gradients of vectors: out [slices, 4*DIM4], slice s over rows s * SLICE … of
//
//   y                           (a bias)
//   y * x * inverse[row]        WEIGHTED: the weight of a root-mean-square norm
//
// In order of rows, so the same from run to run. ACCUMULATE: out +=. Workgroups: x counts pieces of a row, y counts slices.

struct Params {
  rows: u32,
}

override W: u32 = 1u;
override DIM4: u32;
override SLICE: u32;
override GROUP4: u32 = 16u;
override WEIGHTED: bool = false;
override ACCUMULATE: bool = false;

@group(0) @binding(0) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> inverse: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, DIM4); i += W) {
    var sum = vec4<f32>(0.0);
    for (var row = group.y * SLICE; row < min((group.y + 1u) * SLICE, params.rows); row++) {
      var value = y[row * DIM4 + i];
      if (WEIGHTED) {
        value *= x[row * DIM4 + i] * inverse[row];
      }
      sum += value;
    }
    if (ACCUMULATE) {
      sum += out[group.y * DIM4 + i];
    }
    out[group.y * DIM4 + i] = sum;
  }
}
