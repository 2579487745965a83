// q4_K weights · int8 activations: d · scale · nibble − dmin · min, with the minimum times the block's sum of
// activations. See matmul.wgsl for the whole, WEIGHT_FORMATS and quantize.wgsl for the layouts. K is a multiple of 256.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<u32>;
@group(0) @binding(5) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn byte_of(v: vec4<u32>, i: u32) -> vec4<f32> {
  return vec4<f32>((v >> vec4<u32>(8u * i)) & vec4<u32>(0xffu));
}

fn prepare(first_panel: u32) {}
fn prepare_rows(first_row: u32, end_row: u32) {}

// Groups of 64 inputs: 8 words of low nibbles (the first 32) and high nibbles (the next 32).
// The innermost loop stays a loop: its turn fits the CPU's registers, a whole group does not.
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let nibbles = vec4<u32>(0x0f0f0f0fu);
  let last_panel = panel_count() - 1u;
  for (var g = lane; g < K / 64u; g += W) {
    var dots_low = array<DotAcc, 16>();
    var dots_high = array<DotAcc, 16>();
    for (var i = 0u; i < 8u; i++) {
      var low: array<vec4<u32>, 8>;
      var high: array<vec4<u32>, 8>;
      for (var p = 0u; p < Q; p++) {
        let w = quants[(min(first_panel + p, last_panel) * (K / 64u) + g) * 8u + i];
        low[p] = w & nibbles;
        high[p] = (w >> vec4<u32>(4u)) & nibbles;
      }
      for (var m = 0u; m < M; m++) {
        let at = (min(first_row + m, last_row) * (K / 64u) + g) * 16u + i;
        let v_low = spread_u7(xq[at]);
        let v_high = spread_u7(xq[at + 8u]);
        for (var p = 0u; p < Q; p++) {
          dots_low[p * M + m] = dot_u4(dots_low[p * M + m], low[p], v_low);
          dots_high[p * M + m] = dot_u4(dots_high[p * M + m], high[p], v_high);
        }
      }
    }
    for (var p = 0u; p < Q; p++) {
      let block = (min(first_panel + p, last_panel) * (K / 256u) + g / 4u) * 5u;
      let d = f16_lo(scales[block]);
      let d_min = f16_hi(scales[block]);
      let bytes = scales[block + 1u + g % 4u];
      let scale_low = d * byte_of(bytes, 0u);
      let scale_high = d * byte_of(bytes, 1u);
      let min_low = d_min * byte_of(bytes, 2u);
      let min_high = d_min * byte_of(bytes, 3u);
      for (var m = 0u; m < M; m++) {
        let x_block = (min(first_row + m, last_row) * (K / 64u) + g) * 2u;
        let s_low = xs[x_block];
        let s_high = xs[x_block + 1u];
        let offset = min_low * s_low.y + min_high * s_high.y;
        let sum = fma(vec4<f32>(dot_u4_sum(dots_high[p * M + m])), scale_high * s_high.x, (*acc)[a + p * M + m] - offset);
        (*acc)[a + p * M + m] = fma(vec4<f32>(dot_u4_sum(dots_low[p * M + m])), scale_low * s_low.x, sum);
      }
    }
  }
}
