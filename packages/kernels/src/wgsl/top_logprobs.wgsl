// The N largest log-probabilities of each row and their tokens, descending; of equals the lowest id first.
//
//   logits [rows, 4*STRIDE4] f32, of which VOCAB count
//   ids [rows, N] u32, logprobs [rows, N] f32, normalisers [rows] f32 = log(sum(exp(logits)))
//
// Each round finds the largest that comes after the last one found. One workgroup a row.
// requires: reduce

override W: u32 = 1u;
override VOCAB: u32;
override STRIDE4: u32;
override N: u32;

override CHUNKS: u32 = (VOCAB + 3u) / 4u;

const NEVER: f32 = -1e30;

@group(0) @binding(0) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> logprobs: array<f32>;
@group(0) @binding(3) var<storage, read_write> normalisers: array<f32>;

fn tokens_of(chunk: u32) -> vec4<u32> {
  return vec4<u32>(chunk * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
}

fn valid_logits(base: u32, chunk: u32) -> vec4<f32> {
  return select(vec4<f32>(NEVER), logits[base + chunk], tokens_of(chunk) < vec4<u32>(VOCAB));
}

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let base = row * STRIDE4;
  var peaks = vec4<f32>(NEVER);
  for (var i = lane; i < CHUNKS; i += W) {
    peaks = max(peaks, valid_logits(base, i));
  }
  let peak = group_max(max4(peaks), lane);
  var total = vec4<f32>(0.0);
  for (var i = lane; i < CHUNKS; i += W) {
    total += exp(max(valid_logits(base, i) - vec4<f32>(peak), vec4<f32>(-100.0)));
  }
  // exp(-100) for padding and the hopeless is below the rounding of any sum that holds a 1.
  let normaliser = peak + log(group_sum(sum4(total), lane));
  if (lane == 0u) {
    normalisers[row] = normaliser;
  }

  var last = peak;
  var last_id = 0xffffffffu;
  for (var n = 0u; n < N; n++) {
    var best = vec4<f32>(NEVER * 2.0);
    var at = vec4<u32>(0u);
    for (var i = lane; i < CHUNKS; i += W) {
      let v = valid_logits(base, i);
      // Round 0 has no predecessor: its id wraps to 0 by adding 1, so every token comes after it.
      let after = (v < vec4<f32>(last)) | ((v == vec4<f32>(last)) & (tokens_of(i) >= vec4<u32>(last_id + 1u)));
      let better = after & (v > best);
      best = select(best, v, better);
      at = select(at, vec4<u32>(i), better);
    }
    last = group_max(max4(best), lane);
    let found = select(vec4<u32>(0xfffffffeu), at * 4u + vec4<u32>(0u, 1u, 2u, 3u), best == vec4<f32>(last));
    last_id = min(group_min_u32(min(min(found.x, found.y), min(found.z, found.w)), lane), VOCAB - 1u);
    if (lane == 0u) {
      ids[row * N + n] = last_id;
      logprobs[row * N + n] = last - normaliser;
    }
  }
}
