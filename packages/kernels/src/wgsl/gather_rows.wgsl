// out [rows, 4*DIM4] = source[indices[row]]: the rows whose logits are wanted.
//
//   source [SOURCE_ROWS, 4*DIM4] f32, indices [rows] u32 (past the end: the last row)
//
// Workgroups: x counts pieces of a row, y counts rows.

override W: u32 = 1u;
override DIM4: u32;
override SOURCE_ROWS: u32;
// vec4s of a row that one workgroup takes.
override GROUP4: u32 = 2048u;

@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let from_row = min(indices[group.y], SOURCE_ROWS - 1u) * DIM4;
  let to_row = group.y * DIM4;
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, DIM4); i += W) {
    out[to_row + i] = source[from_row + i];
  }
}
