// Gradient of y = activate(gate) * up: dgate = dy * up * activate'(gate), dup = dy * activate(gate). vec4 by vec4; see
// activation.wgsl for the functions. Workgroups: pieces of GROUP4.
// requires: activation

struct Params {
  count4: u32,
}

override W: u32 = 1u;
override GROUP4: u32 = 1024u;

@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dgate: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dup: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, params.count4); i += W) {
    let g = gate[i];
    let d = dy[i];
    dgate[i] = d * up[i] * slope(g);
    dup[i] = d * activate(g);
  }
}

fn slope(v: vec4<f32>) -> vec4<f32> {
  let one = vec4<f32>(1.0);
  var result = one;
  if (ACTIVATION == 0u) {
    let s = one / (one + exp(min(-v, vec4<f32>(80.0))));
    result = s * (one + v * (one - s));
  } else if (ACTIVATION == 1u) {
    let inner = 0.7978845608 * (v + 0.044715 * v * v * v);
    let t = tanh(clamp(inner, vec4<f32>(-10.0), vec4<f32>(10.0)));
    result = 0.5 * (one + t) + 0.5 * v * (one - t * t) * 0.7978845608 * (one + 0.134145 * v * v);
  } else {
    result = 2.0 * max(v, vec4<f32>(0.0));
  }
  return result;
}
