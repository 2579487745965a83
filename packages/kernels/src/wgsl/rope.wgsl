// Rotary position embedding (Su et al. 2021, https://arxiv.org/abs/2104.09864) of x [rows, HEADS, HEAD_DIM] in place, or its
// gradient: the turn the other way (BACK).
//
//   positions [rows] u32, table [positions, DIMENSIONS / 2] of (cosine, sine); past the end: the last
//
// Pairs are i and i + DIMENSIONS / 2, or INTERLEAVED 2i and 2i + 1. One workgroup a row.

override W: u32 = 1u;
override HEADS: u32;
override HEAD_DIM: u32;
override DIMENSIONS: u32;
override POSITIONS: u32;
override INTERLEAVED: bool = false;
override BACK: bool = false;

@group(0) @binding(0) var<storage, read> positions: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let pairs = DIMENSIONS / 2u;
  let at_table = min(positions[group.x], POSITIONS - 1u) * pairs;
  for (var t = lane; t < HEADS * pairs; t += W) {
    let head = t / pairs;
    let pair = t % pairs;
    let start = (group.x * HEADS + head) * HEAD_DIM;
    let first = start + select(pair, 2u * pair, INTERLEAVED);
    let second = first + select(pairs, 1u, INTERLEAVED);
    let turn = table[at_table + pair];
    let sine = select(turn.y, -turn.y, BACK);
    let a = x[first];
    let b = x[second];
    x[first] = a * turn.x - b * sine;
    x[second] = b * turn.x + a * sine;
  }
}
