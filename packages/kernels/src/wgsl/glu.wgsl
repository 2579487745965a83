// Gated linear unit (Shazeer 2020, https://arxiv.org/abs/2002.05202):
//
//   gate, up [rows, 4*STRIDE4] f32, up from UP_OFFSET4 on: two buffers, or one whose rows hold all gates, then all ups,
//   or with STEP4 = 2 four of each by turns
//   out [rows, 4*DIM4] = activate(gate) * up
//
// Workgroups: x counts pieces of a row, y counts rows.
// requires: activation

override W: u32 = 1u;
override DIM4: u32;
override STRIDE4: u32;
override UP_OFFSET4: u32 = 0u;
override STEP4: u32 = 1u;
// vec4s of a row that one workgroup takes.
override GROUP4: u32 = 1024u;

@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let source = group.y * STRIDE4;
  let target_row = group.y * DIM4;
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, DIM4); i += W) {
    out[target_row + i] = activate(gate[source + i * STEP4]) * up[source + UP_OFFSET4 + i * STEP4];
  }
}
