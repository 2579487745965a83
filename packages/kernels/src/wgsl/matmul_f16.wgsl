// f16 or bf16 weights · f32 activations. See matmul.wgsl for the whole, WEIGHT_FORMATS for the layout. K is a multiple of 4.
// requires: matmul, prelude

// The weights are bfloat16.
override BF16: bool = false;

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

fn low(v: vec4<u32>) -> vec4<f32> {
  if (BF16) {
    return bf16_lo(v);
  }
  return f16_lo(v);
}

fn high(v: vec4<u32>) -> vec4<f32> {
  if (BF16) {
    return bf16_hi(v);
  }
  return f16_hi(v);
}

fn prepare(first_panel: u32) {}
fn prepare_rows(first_row: u32, end_row: u32) {}

fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  let last_panel = panel_count() - 1u;
  for (var i = lane; i < K / 2u; i += W) {
    var w_low: array<vec4<f32>, 8>;
    var w_high: array<vec4<f32>, 8>;
    for (var p = 0u; p < Q; p++) {
      let w = quants[min(first_panel + p, last_panel) * (K / 2u) + i];
      w_low[p] = low(w);
      w_high[p] = high(w);
    }
    for (var m = 0u; m < M; m++) {
      let at = min(first_row + m, last_row) * K + 2u * i;
      let v_low = vec4<f32>(x[at]);
      let v_high = vec4<f32>(x[at + 1u]);
      for (var p = 0u; p < Q; p++) {
        (*acc)[a + p * M + m] = fma(w_high[p], v_high, fma(w_low[p], v_low, (*acc)[a + p * M + m]));
      }
    }
  }
}
