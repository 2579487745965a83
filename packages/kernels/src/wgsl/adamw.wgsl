// One step of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm 2), vec4 by vec4; clears the
// gradient, which the next step adds to.
//
//   hyper: learning rate, beta1, beta2, epsilon, weight decay, 1 - beta1^step, sqrt(1 - beta2^step), factor of the gradient
//
// The factor is that of clipping. DECAY: whether this parameter decays. Workgroups: pieces of GROUP4.

struct Params {
  count4: u32,
}

override W: u32 = 1u;
override GROUP4: u32 = 4096u;
override DECAY: bool = true;

@group(0) @binding(0) var<storage, read> hyper: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> first: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> second: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let rate = hyper[0];
  let keep1 = hyper[1];
  let keep2 = hyper[2];
  let epsilon = vec4<f32>(hyper[3]);
  let decay = 1.0 - rate * hyper[4];
  let step = rate / hyper[5];
  let correction = hyper[6];
  let factor = hyper[7];
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, params.count4); i += W) {
    let g = gradient[i] * factor;
    let m = keep1 * first[i] + (1.0 - keep1) * g;
    let v = keep2 * second[i] + (1.0 - keep2) * g * g;
    var p = value[i];
    if (DECAY) {
      p *= decay;
    }
    value[i] = p - step * m / (sqrt(v) / correction + epsilon);
    first[i] = m;
    second[i] = v;
    gradient[i] = vec4<f32>(0.0);
  }
}
