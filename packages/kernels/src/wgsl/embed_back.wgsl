// Gradient of an embedding table [N, K] in f32 panels: table[token] += SCALE * sum of dx [rows, K] over the rows of that token.
//
//   tokens [distinct]: each token that occurs, once; starts [distinct + 1]: where its rows begin in `order`; order [rows]
//
// A token's rows are added in the order in which they are listed. One workgroup per distinct token; those past
// `counts[0]` do nothing.

override W: u32 = 1u;
override N: u32;
override K: u32;
override ROWS: u32;
override SCALE: f32 = 1.0;

@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> tokens: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (group.x >= counts[0]) {
    return;
  }
  let token = min(tokens[group.x], N - 1u);
  let first = starts[group.x];
  let end = min(starts[group.x + 1u], ROWS);
  for (var i = lane; i < K; i += W) {
    var sum = 0.0;
    for (var at = first; at < end; at++) {
      sum += dx[min(order[at], ROWS - 1u) * K + i];
    }
    gradient[((token / 4u) * K + i) * 4u + token % 4u] += SCALE * sum;
  }
}
