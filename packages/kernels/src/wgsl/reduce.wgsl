// Reductions over the lanes of a workgroup, by tree, so the result is the same from run to run. W is a power of two.
// Called in uniform control flow; every lane gets the result.

var<workgroup> reduce_f32: array<f32, W>;
var<workgroup> reduce_u32: array<u32, W>;

fn group_sum(value: f32, lane: u32) -> f32 {
  reduce_f32[lane] = value;
  workgroupBarrier();
  for (var s = W / 2u; s > 0u; s >>= 1u) {
    if (lane < s) {
      reduce_f32[lane] += reduce_f32[lane + s];
    }
    workgroupBarrier();
  }
  let total = workgroupUniformLoad(&reduce_f32[0]);
  return total;
}

fn group_max(value: f32, lane: u32) -> f32 {
  reduce_f32[lane] = value;
  workgroupBarrier();
  for (var s = W / 2u; s > 0u; s >>= 1u) {
    if (lane < s) {
      reduce_f32[lane] = max(reduce_f32[lane], reduce_f32[lane + s]);
    }
    workgroupBarrier();
  }
  let peak = workgroupUniformLoad(&reduce_f32[0]);
  return peak;
}

fn group_sum_u32(value: u32, lane: u32) -> u32 {
  reduce_u32[lane] = value;
  workgroupBarrier();
  for (var s = W / 2u; s > 0u; s >>= 1u) {
    if (lane < s) {
      reduce_u32[lane] += reduce_u32[lane + s];
    }
    workgroupBarrier();
  }
  let total = workgroupUniformLoad(&reduce_u32[0]);
  return total;
}

fn group_min_u32(value: u32, lane: u32) -> u32 {
  reduce_u32[lane] = value;
  workgroupBarrier();
  for (var s = W / 2u; s > 0u; s >>= 1u) {
    if (lane < s) {
      reduce_u32[lane] = min(reduce_u32[lane], reduce_u32[lane + s]);
    }
    workgroupBarrier();
  }
  let least = workgroupUniformLoad(&reduce_u32[0]);
  return least;
}

fn sum4(v: vec4<f32>) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

fn max4(v: vec4<f32>) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}
