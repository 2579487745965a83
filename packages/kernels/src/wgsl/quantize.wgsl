// Activations to int8, one scale per 32 inputs, for integer dot products.
//
//   x [rows, K] f32  ->  xq [rows, K/16] vec4<u32> (4 bytes a u32, inputs ascending)
//                        xs [rows, K/32] vec2<f32> (d, d * sum of the 32 int8)
//
// d = max|x| / 127, q = round(x / d): the Q8_1 of ggml, with its sum kept in f32.
// One invocation does one block of 32 at a time; the y axis counts rows.

override W: u32 = 1u;
override K: u32;
// Blocks of a row that one workgroup takes.
override GROUP_BLOCKS: u32 = 64u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> xq: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> xs: array<vec2<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  for (var block = group.x * GROUP_BLOCKS + lane; block < min((group.x + 1u) * GROUP_BLOCKS, K / 32u); block += W) {
    quantize_block(row * (K / 32u) + block);
  }
}

fn quantize_block(block: u32) {
  var values: array<vec4<f32>, 8>;
  var peak = vec4<f32>(0.0);
  for (var i = 0u; i < 8u; i++) {
    values[i] = x[block * 8u + i];
    peak = max(peak, abs(values[i]));
  }
  let amax = max(max(peak.x, peak.y), max(peak.z, peak.w));
  let d = amax / 127.0;
  let inverse = select(0.0, 127.0 / amax, amax > 0.0);
  var sum = vec4<i32>(0);
  var packed: array<u32, 8>;
  for (var i = 0u; i < 8u; i++) {
    let q = vec4<i32>(round(values[i] * inverse));
    sum += q;
    packed[i] = pack4xI8(q);
  }
  xq[block * 2u] = vec4<u32>(packed[0], packed[1], packed[2], packed[3]);
  xq[block * 2u + 1u] = vec4<u32>(packed[4], packed[5], packed[6], packed[7]);
  xs[block] = vec2<f32>(d, d * f32(sum.x + sum.y + sum.z + sum.w));
}
