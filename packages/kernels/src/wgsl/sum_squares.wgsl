// out [FIRST + group] = sum of x^2 over GROUP4 vec4s: parts of a norm, to be added by the host in order.
// requires: reduce

struct Params {
  count4: u32,
  first: u32,
}

override W: u32 = 1u;
override GROUP4: u32 = 4096u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var squares = vec4<f32>(0.0);
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, params.count4); i += W) {
    let v = x[i];
    squares += v * v;
  }
  let sum = group_sum(sum4(squares), lane);
  if (lane == 0u) {
    out[params.first + group.x] = sum;
  }
}
