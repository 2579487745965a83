// Gradient of y = x / r * weight, r = sqrt(mean(x^2) + EPS) (Zhang and Sennrich 2019), with respect to x:
//
//   dx = weight * dy / r - x * sum(x * weight * dy) / (DIM * r^3)   (+ residual: what reaches x by another way)
//   inverse [rows] = 1 / r, for the gradient of the weight: sum over rows of dy * x / r
//
// x, dy, residual, dx [rows, 4*DIM4] f32. One workgroup a row.
// requires: reduce

override W: u32 = 1u;
override DIM4: u32;
override EPS: f32 = 1e-5;
override RESIDUAL: bool = false;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> inverse: array<f32>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * DIM4;
  var squares = vec4<f32>(0.0);
  var products = vec4<f32>(0.0);
  for (var i = lane; i < DIM4; i += W) {
    let v = x[start + i];
    squares += v * v;
    products += v * weight[i] * dy[start + i];
  }
  let scale = inverseSqrt(group_sum(sum4(squares), lane) / f32(DIM4 * 4u) + EPS);
  let back = group_sum(sum4(products), lane) * scale * scale * scale / f32(DIM4 * 4u);
  for (var i = lane; i < DIM4; i += W) {
    var value = weight[i] * dy[start + i] * scale - x[start + i] * back;
    if (RESIDUAL) {
      value += residual[start + i];
    }
    dx[start + i] = value;
  }
  if (lane == 0u) {
    inverse[group.x] = scale;
  }
}
