// q8_0 weights · int8 activations, integer dot products per block of 32: see matmul.wgsl for the whole, WEIGHT_FORMATS
// and quantize.wgsl for the layouts.
// requires: matmul, prelude

struct Params {
  rows: u32,
}

@group(0) @binding(2) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> xq: array<u32>;
@group(0) @binding(5) var<storage, read> xs: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  matmul(group, lane, params.rows);
}

// One lane alone, with many rows to come: it widens bytes to pairs of 16 bits once, not again for every row and tile, and
// the scales with them. Products of pairs fall into one sum per output.
override PAIRS: bool = W == 1u && M > 1u && Q == P && K <= 8192u;
override PAIRS_SIZE: u32 = select(1u, P * (K / 2u), PAIRS);
override PAIRS_X_SIZE: u32 = select(1u, (GROUP_ROWS + M) * (K / 2u), PAIRS);
override PAIRS_SCALES: u32 = select(1u, P * (K / 32u), PAIRS);
// [K/2][P]: the same two inputs of a panel's 4 outputs.
var<workgroup> pairs_w: array<vec4<u32>, PAIRS_SIZE>;
var<workgroup> pairs_x: array<u32, PAIRS_X_SIZE>;
var<workgroup> pairs_scale: array<vec4<f32>, PAIRS_SCALES>;

fn prepare(first_panel: u32) {
  if (PAIRS) {
    for (var p = 0u; p < P; p++) {
      let panel = min(first_panel + p, panel_count() - 1u);
      for (var i = 0u; i < K / 4u; i++) {
        let w = pairs_s8(quants[panel * (K / 4u) + i]);
        pairs_w[(2u * i) * P + p] = w.a;
        pairs_w[(2u * i + 1u) * P + p] = w.b;
      }
      for (var block = 0u; block < K / 32u; block++) {
        pairs_scale[block * P + p] = f16x4(scales[panel * (K / 32u) + block]);
      }
    }
  }
}

// Rows past the last stay zero: workgroup memory is.
fn prepare_rows(first_row: u32, end_row: u32) {
  if (PAIRS) {
    for (var r = 0u; r < GROUP_ROWS; r++) {
      if (first_row + r < end_row) {
        for (var i = 0u; i < K / 16u; i++) {
          let source = (first_row + r) * (K / 4u) + i * 4u;
          let x = pairs_s8(vec4<u32>(xq[source], xq[source + 1u], xq[source + 2u], xq[source + 3u]));
          let to = r * (K / 2u) + i * 8u;
          pairs_x[to] = x.a.x;
          pairs_x[to + 1u] = x.b.x;
          pairs_x[to + 2u] = x.a.y;
          pairs_x[to + 3u] = x.b.y;
          pairs_x[to + 4u] = x.a.z;
          pairs_x[to + 5u] = x.b.z;
          pairs_x[to + 6u] = x.a.w;
          pairs_x[to + 7u] = x.b.w;
        }
      }
    }
  }
}

fn multiply_pairs(acc: ptr<function, array<vec4<f32>, 16>>, first_row: u32, last_row: u32) {
  let r = first_row % GROUP_ROWS;
  for (var block = 0u; block < K / 32u; block++) {
    var dots = array<vec4<i32>, 16>();
    for (var i = 0u; i < 16u; i++) {
      var w: array<vec4<u32>, 8>;
      for (var p = 0u; p < P; p++) {
        w[p] = pairs_w[(block * 16u + i) * P + p];
      }
      for (var m = 0u; m < M; m++) {
        let x = spread_i16(pairs_x[(r + m) * (K / 2u) + block * 16u + i]);
        for (var p = 0u; p < P; p++) {
          dots[p * M + m] = dot_i16(dots[p * M + m], w[p], x);
        }
      }
    }
    for (var m = 0u; m < M; m++) {
      let d = vec4<f32>(xs[(min(first_row + m, last_row) * (K / 32u) + block) * 2u]);
      for (var p = 0u; p < P; p++) {
        let scale = pairs_scale[block * P + p];
        (*acc)[p * M + m] = fma(vec4<f32>(dots[p * M + m]), scale * d, (*acc)[p * M + m]);
      }
    }
  }
}

// The innermost loop stays a loop: its turn fits the CPU's registers, a whole block does not.
fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32) {
  if (PAIRS) {
    multiply_pairs(acc, first_row, last_row);
    return;
  }
  let last_panel = panel_count() - 1u;
  for (var block = lane; block < K / 32u; block += W) {
    var dots = array<DotAcc, 16>();
    for (var i = 0u; i < 8u; i++) {
      var w: array<Wide, 8>;
      for (var p = 0u; p < Q; p++) {
        w[p] = widen_s8(quants[(min(first_panel + p, last_panel) * (K / 32u) + block) * 8u + i]);
      }
      for (var m = 0u; m < M; m++) {
        let v = spread_s8(xq[(min(first_row + m, last_row) * (K / 32u) + block) * 8u + i]);
        for (var p = 0u; p < Q; p++) {
          dots[p * M + m] = dot_s8(dots[p * M + m], w[p], v);
        }
      }
    }
    for (var p = 0u; p < Q; p++) {
      let scale = f16x4(scales[min(first_panel + p, last_panel) * (K / 32u) + block]);
      for (var m = 0u; m < M; m++) {
        let d = vec4<f32>(xs[(min(first_row + m, last_row) * (K / 32u) + block) * 2u]);
        (*acc)[a + p * M + m] = fma(vec4<f32>(dot_sum(dots[p * M + m])), scale * d, (*acc)[a + p * M + m]);
      }
    }
  }
}
