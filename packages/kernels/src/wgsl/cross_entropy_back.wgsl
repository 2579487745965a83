// Gradient of sum(weights[row] * -logprob[row]) with respect to a chunk of logits, in place:
//
//   logits[row, c] = weights[row] * (exp(logit - state[row].w) - [first + c == targets[row]])
//
// See cross_entropy.wgsl. Workgroups: one a row.

struct Params {
  first: u32,
  columns: u32,
}

override W: u32 = 1u;

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> logits: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let start = row * params.columns;
  let fours = params.columns / 4u;
  let weight = weights[row];
  let total = state[row].w;
  for (var i = lane; i < fours; i += W) {
    let at = start + 4u * i;
    let values = vec4<f32>(logits[at], logits[at + 1u], logits[at + 2u], logits[at + 3u]);
    let back = weight * exp(values - vec4<f32>(total));
    logits[at] = back.x;
    logits[at + 1u] = back.y;
    logits[at + 2u] = back.z;
    logits[at + 3u] = back.w;
  }
  for (var i = 4u * fours + lane; i < params.columns; i += W) {
    logits[start + i] = weight * exp(logits[start + i] - total);
  }
  workgroupBarrier();
  let wanted = targets[row];
  if (lane == 0u && wanted >= params.first && wanted - params.first < params.columns) {
    logits[start + min(wanted - params.first, params.columns - 1u)] -= weight;
  }
}
