// f16 or bf16 weights · f32 activations. See matmul.wgsl for the whole, WEIGHT_FORMATS for the layout. K is a multiple of 4.
// requires: matmul, prelude

// The weights are bfloat16.
override BF16: bool = false;

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;
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

fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  for (var i = lane; i < K / 4u; i += W) {
    var xs: array<vec4<f32>, 4>;
    for (var m = 0u; m < M; m++) {
      xs[m] = x[min(first_row + m, last_row) * (K / 4u) + i];
    }
    for (var p = 0u; p < P; p++) {
      let at = min(first_panel + p, panel_count() - 1u) * (K / 2u) + i * 2u;
      let a = quants[at];
      let b = quants[at + 1u];
      let w0 = low(a);
      let w1 = high(a);
      let w2 = low(b);
      let w3 = high(b);
      for (var m = 0u; m < M; m++) {
        let v = xs[m];
        var sum = (*acc)[p * M + m];
        sum = fma(w0, vec4<f32>(v.x), sum);
        sum = fma(w1, vec4<f32>(v.y), sum);
        sum = fma(w2, vec4<f32>(v.z), sum);
        sum = fma(w3, vec4<f32>(v.w), sum);
        (*acc)[p * M + m] = sum;
      }
    }
  }
}
