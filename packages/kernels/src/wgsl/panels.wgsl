// x [rows, COLUMNS] row by row → out [ceil(COLUMNS / 4)][rows] vec4: panels of 4 columns, as `gemm` reads its second matrix.
// Columns past the last are zero.
//
// Workgroups: x counts pieces of GROUP rows, y counts panels.

struct Params {
  rows: u32,
}

override W: u32 = 1u;
override COLUMNS: u32;
override GROUP: u32 = 512u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var row = group.x * GROUP + lane; row < min((group.x + 1u) * GROUP, params.rows); row += W) {
    let column = group.y * 4u;
    out[group.y * params.rows + row] = vec4<f32>(at(row, column), at(row, column + 1u), at(row, column + 2u), at(row, column + 3u));
  }
}

fn at(row: u32, column: u32) -> f32 {
  var value = 0.0;
  if (column < COLUMNS) {
    value = x[row * COLUMNS + column];
  }
  return value;
}
