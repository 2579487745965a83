// stats [rows, HEADS] = (lse, sum of out * dout over a head): what attention's gradient needs of each row's softmax.
//
//   out, dout [rows, HEADS, 4*D4] f32; lse [rows, HEADS]
//
// One workgroup a row.
// requires: reduce

override W: u32 = 1u;
override HEADS: u32;
override D4: u32;

@group(0) @binding(0) var<storage, read> out: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var head = lane; head < HEADS; head += W) {
    let at = group.x * HEADS + head;
    var sum = vec4<f32>(0.0);
    for (var d = 0u; d < D4; d++) {
      sum += out[at * D4 + d] * dout[at * D4 + d];
    }
    stats[at] = vec2<f32>(lse[at], sum4(sum));
  }
}
