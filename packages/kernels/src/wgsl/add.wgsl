// out = a + b, vec4 by vec4. Workgroups: pieces of GROUP4.

struct Params {
  count4: u32,
}

override W: u32 = 1u;
override GROUP4: u32 = 4096u;

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, params.count4); i += W) {
    out[i] = a[i] + b[i];
  }
}
