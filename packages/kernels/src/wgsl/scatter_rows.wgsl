// out [rows, 4*DIM4]: row r is source[places[r]], or zero where places[r] is not below params.count: the way back of
// gather_rows.wgsl when no row was taken twice.
//
// One workgroup a row.

struct Params {
  count: u32,
}

override W: u32 = 1u;
override DIM4: u32;

@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> places: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let place = places[group.x];
  for (var i = lane; i < DIM4; i += W) {
    var value = vec4<f32>(0.0);
    if (place < params.count) {
      value = source[min(place, params.count - 1u) * DIM4 + i];
    }
    out[group.x * DIM4 + i] = value;
  }
}
