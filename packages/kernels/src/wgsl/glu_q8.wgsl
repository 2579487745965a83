// glu.wgsl whose result is quantised in the same pass; 4*DIM4 is a multiple of 32.
//
//   gate, up [rows, 4*STRIDE4] f32  ->  xq [rows, DIM4/4] vec4<u32>, xs [rows, DIM4/8] vec2<f32>
//
// Workgroups: x counts pieces of a row, y counts rows. A lane takes a block of 32 at a time.
// requires: activation, q8_block

override W: u32 = 1u;
override DIM4: u32;
override STRIDE4: u32;
override UP_OFFSET4: u32 = 0u;
// Blocks of 32 of a row that one workgroup takes.
override GROUP_BLOCKS: u32 = 128u;

@group(0) @binding(0) var<storage, read> gate: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> xq: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> xs: array<vec2<f32>>;

fn gated(i: u32) -> vec4<f32> {
  return activate(gate[i]) * up[i + UP_OFFSET4];
}

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let blocks = DIM4 / 8u;
  for (var block = group.x * GROUP_BLOCKS + lane; block < min((group.x + 1u) * GROUP_BLOCKS, blocks); block += W) {
    let i = group.y * STRIDE4 + block * 8u;
    let q = q8_block(
      gated(i), gated(i + 1u), gated(i + 2u), gated(i + 3u),
      gated(i + 4u), gated(i + 5u), gated(i + 6u), gated(i + 7u),
    );
    let target_block = group.y * blocks + block;
    xq[target_block * 2u] = q.low;
    xq[target_block * 2u + 1u] = q.high;
    xs[target_block] = q.scale;
  }
}
