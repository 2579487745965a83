// Merges what attention.wgsl computed for SPLITS parts of the positions:
//
//   parts [rows, HEADS, SPLITS, HEAD_DIM + 4] f32  ->  out [rows, HEADS, HEAD_DIM] f32
//
// A part without positions has the sum 0 and weighs nothing. Workgroups: x counts rows.
// requires: reduce

override W: u32 = 1u;
override HEADS: u32;
override HEAD4: u32;
override SPLITS: u32;
override WEIGHTS_SIZE: u32 = HEADS * SPLITS;

@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;

var<workgroup> weights: array<f32, WEIGHTS_SIZE>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let part_size = HEAD4 + 1u;
  for (var head = lane; head < HEADS; head += W) {
    let start = (group.x * HEADS + head) * SPLITS;
    var peak = -1e30;
    for (var s = 0u; s < SPLITS; s++) {
      peak = max(peak, parts[(start + s) * part_size + HEAD4].x);
    }
    var total = 0.0;
    for (var s = 0u; s < SPLITS; s++) {
      let stats = parts[(start + s) * part_size + HEAD4];
      let weight = exp(stats.x - peak);
      weights[head * SPLITS + s] = weight;
      total += weight * stats.y;
    }
    for (var s = 0u; s < SPLITS; s++) {
      weights[head * SPLITS + s] /= total;
    }
  }
  workgroupBarrier();
  for (var head = 0u; head < HEADS; head++) {
    let start = (group.x * HEADS + head) * SPLITS;
    for (var i = lane; i < HEAD4; i += W) {
      var sum = vec4<f32>(0.0);
      for (var s = 0u; s < SPLITS; s++) {
        sum += weights[head * SPLITS + s] * parts[(start + s) * part_size + i];
      }
      out[(group.x * HEADS + head) * HEAD4 + i] = sum;
    }
  }
}
