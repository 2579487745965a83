// x += rms_norm(t) * weight: the normalisation after a block, before its residual sum (Gemma 2 and 3).
//
//   x, t [rows, 4*DIM4] f32, weight [4*DIM4]
//
// One workgroup a row.
// requires: reduce

override W: u32 = 1u;
override DIM4: u32;
override EPS: f32 = 1e-6;

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> t: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * DIM4;
  var squares = vec4<f32>(0.0);
  for (var i = lane; i < DIM4; i += W) {
    let v = t[start + i];
    squares += v * v;
  }
  let inverse = inverseSqrt(group_sum(sum4(squares), lane) / f32(DIM4 * 4u) + EPS);
  for (var i = lane; i < DIM4; i += W) {
    x[start + i] += t[start + i] * inverse * weight[i];
  }
}
