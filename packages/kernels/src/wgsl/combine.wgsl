// x [rows, 4*DIM4] f32: x += y, or with MULTIPLY x *= y. y has the same shape.
//
// Workgroups: x counts pieces of a row, y counts rows.

override W: u32 = 1u;
override DIM4: u32;
override MULTIPLY: bool = false;
// vec4s of a row that one workgroup takes.
override GROUP4: u32 = 2048u;

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> y: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * DIM4;
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, DIM4); i += W) {
    if (MULTIPLY) {
      x[row + i] *= y[row + i];
    } else {
      x[row + i] += y[row + i];
    }
  }
}
