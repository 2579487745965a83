// Log-probability of each row's target, from logits that come in chunks of columns (the vocabulary), so that memory holds
// one chunk: a running maximum and sum as in online softmax (Milakov and Gimelshein 2018, https://arxiv.org/abs/1805.02867).
//
//   logits [rows, columns]: columns params.first … of the vocabulary; targets [rows] u32
//   state [rows]: (maximum, sum of exp(logit - maximum), the target's logit, log of the sum of all exponentials)
//   logprob [rows], written with the last chunk: log softmax at the target
//
// One workgroup a row.
// requires: reduce

struct Params {
  first: u32,
  columns: u32,
  last: u32,
}

override W: u32 = 1u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> logprob: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let start = row * params.columns;
  let fours = params.columns / 4u;
  var peaks = vec4<f32>(-3.0e38);
  for (var i = lane; i < fours; i += W) {
    peaks = max(peaks, four(start + 4u * i));
  }
  for (var i = 4u * fours + lane; i < params.columns; i += W) {
    peaks.x = max(peaks.x, logits[start + i]);
  }
  let peak = group_max(max4(peaks), lane);
  var sums = vec4<f32>(0.0);
  for (var i = lane; i < fours; i += W) {
    sums += exp(four(start + 4u * i) - vec4<f32>(peak));
  }
  for (var i = 4u * fours + lane; i < params.columns; i += W) {
    sums.x += exp(logits[start + i] - peak);
  }
  let sum = group_sum(sum4(sums), lane);
  if (lane == 0u) {
    var now = state[row];
    if (params.first == 0u) {
      now = vec4<f32>(-3.0e38, 0.0, 0.0, 0.0);
    }
    let highest = max(now.x, peak);
    now.y = now.y * exp(now.x - highest) + sum * exp(peak - highest);
    now.x = highest;
    let wanted = targets[row];
    if (wanted >= params.first && wanted - params.first < params.columns) {
      now.z = logits[start + min(wanted - params.first, params.columns - 1u)];
    }
    if (params.last != 0u) {
      now.w = now.x + log(now.y);
      logprob[row] = now.z - now.w;
    }
    state[row] = now;
  }
}

fn four(at: u32) -> vec4<f32> {
  return vec4<f32>(logits[at], logits[at + 1u], logits[at + 2u], logits[at + 3u]);
}
