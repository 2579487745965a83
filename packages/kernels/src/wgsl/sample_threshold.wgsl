// Part of sample.wgsl: the threshold of top-k and top-p, without sorting. The bits of a positive f32 ascend with its value,
// so bisection over them ends at the exact threshold after 30 passes at most.

fn mass_above(base: u32, count: u32, threshold: u32, lane: u32) -> f32 {
  let least = vec4<f32>(bitcast<f32>(threshold));
  var mass = vec4<f32>(0.0);
  for (var j = 0u; j < count; j++) {
    let v = work[base + lane + j * W];
    mass += select(vec4<f32>(0.0), v, v >= least);
  }
  return group_sum(sum4(mass), lane);
}

fn count_above(base: u32, count: u32, threshold: u32, lane: u32) -> u32 {
  let least = vec4<f32>(bitcast<f32>(threshold));
  var found = vec4<u32>(0u);
  for (var j = 0u; j < count; j++) {
    found += select(vec4<u32>(0u), vec4<u32>(1u), work[base + lane + j * W] >= least);
  }
  return group_sum_u32(found.x + found.y + found.z + found.w, lane);
}

// The largest threshold at or above `low` that leaves at least `wanted_count` tokens, or a mass of `wanted_mass`.
fn bisect(base: u32, count: ptr<function, u32>, start: u32, wanted_mass: f32, wanted_count: u32, lane: u32) -> u32 {
  var low = start;
  var high = ONE + 1u;
  var since = 0u;
  while (low + 1u < high) {
    let middle = low + (high - low) / 2u;
    var enough = false;
    if (wanted_count > 0u) {
      enough = count_above(base, *count, middle, lane) >= wanted_count;
    } else {
      enough = mass_above(base, *count, middle, lane) >= wanted_mass;
    }
    if (enough) {
      low = middle;
      since += 1u;
      // What lies below `low` is out for good. Not at every step: a pass that removes little costs as much as it saves.
      if (since == 3u || since == 5u || since == 8u) {
        *count = compact(base, *count, low, lane);
      }
    } else {
      high = middle;
    }
  }
  return low;
}

fn compact(base: u32, count: u32, threshold: u32, lane: u32) -> u32 {
  let least = vec4<f32>(bitcast<f32>(threshold));
  var kept = 0u;
  for (var j = 0u; j < count; j++) {
    let v = work[base + lane + j * W];
    if (any(v >= least)) {
      let id = chunk_ids[base + lane + j * W];
      work[base + lane + kept * W] = v;
      chunk_ids[base + lane + kept * W] = id;
      kept += 1u;
    }
  }
  return kept;
}
