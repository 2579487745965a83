// Root-mean-square normalisation (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467), with an optional residual:
//
//   x [rows, 4*DIM4] f32, residual the same, weight [4*DIM4]
//   ADD: x += residual                                    (written back)
//   out = x / sqrt(mean(x^2) + EPS) * weight              [rows, 4*DIM4]
//
// One workgroup a row.
// requires: reduce

override W: u32 = 1u;
override DIM4: u32;
override EPS: f32 = 1e-5;
override ADD: bool = false;

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * DIM4;
  var squares = vec4<f32>(0.0);
  for (var i = lane; i < DIM4; i += W) {
    var v = x[start + i];
    if (ADD) {
      v += residual[start + i];
      x[start + i] = v;
    }
    squares += v * v;
  }
  let inverse = inverseSqrt(group_sum(sum4(squares), lane) / f32(DIM4 * 4u) + EPS);
  for (var i = lane; i < DIM4; i += W) {
    out[start + i] = x[start + i] * inverse * weight[i];
  }
}
