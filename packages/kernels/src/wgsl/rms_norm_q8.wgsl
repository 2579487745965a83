// rms_norm.wgsl whose result is quantised in the same pass, as the integer matrix products want it:
//
//   x [rows, DIM] f32, residual the same, weight [DIM]; DIM a multiple of 32
//   ADD: x += residual
//   xq [rows, DIM/16] vec4<u32>, xs [rows, DIM/32] vec2<f32>: quantize(x / sqrt(mean(x^2) + EPS) * weight)
//
// One workgroup a row; a lane quantises a block of 32 at a time.
// requires: reduce, q8_block

override W: u32 = 1u;
override DIM4: u32;
override EPS: f32 = 1e-5;
override ADD: bool = false;

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> residual: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> xq: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> xs: array<vec2<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * DIM4;
  var squares = vec4<f32>(0.0);
  // A lane reads below what it wrote here, so blocks of 8 go to the same lane in both loops.
  for (var block = lane; block < DIM4 / 8u; block += W) {
    for (var j = 0u; j < 8u; j++) {
      let i = start + block * 8u + j;
      var v = x[i];
      if (ADD) {
        v += residual[i];
        x[i] = v;
      }
      squares += v * v;
    }
  }
  let inverse = inverseSqrt(group_sum(sum4(squares), lane) / f32(DIM4 * 4u) + EPS);
  for (var block = lane; block < DIM4 / 8u; block += W) {
    let i = block * 8u;
    let q = q8_block(
      x[start + i] * inverse * weight[i],
      x[start + i + 1u] * inverse * weight[i + 1u],
      x[start + i + 2u] * inverse * weight[i + 2u],
      x[start + i + 3u] * inverse * weight[i + 3u],
      x[start + i + 4u] * inverse * weight[i + 4u],
      x[start + i + 5u] * inverse * weight[i + 5u],
      x[start + i + 6u] * inverse * weight[i + 6u],
      x[start + i + 7u] * inverse * weight[i + 7u],
    );
    let target_block = group.x * (DIM4 / 8u) + block;
    xq[target_block * 2u] = q.low;
    xq[target_block * 2u + 1u] = q.high;
    xs[target_block] = q.scale;
  }
}
