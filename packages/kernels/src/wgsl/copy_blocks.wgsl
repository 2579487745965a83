// Copies whole blocks of a paged KV cache: copy-on-write of shared prefixes.
//
//   pairs [n] vec2<u32> (from block, to block); a pair past the end copies nothing
//   k_cache, v_cache: see ops/kv-layout.ts; a block takes K4, V4 vec4s
//
// Blocks that are written must not be read by another pair of the same dispatch. Workgroups: x counts pairs.

override W: u32 = 1u;
override BLOCKS: u32;
override K4: u32;
override V4: u32;

@group(0) @binding(0) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> k_cache: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> v_cache: array<vec4<u32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let pair = pairs[group.x];
  if (pair.x < BLOCKS && pair.y < BLOCKS) {
    for (var i = lane; i < K4; i += W) {
      k_cache[pair.y * K4 + i] = k_cache[pair.x * K4 + i];
    }
    for (var i = lane; i < V4; i += W) {
      v_cache[pair.y * V4 + i] = v_cache[pair.x * V4 + i];
    }
  }
}
