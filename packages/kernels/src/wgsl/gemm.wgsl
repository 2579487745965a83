// Products of f32 matrices, the three that training needs with one loop:
//
//   c [ROWS, COLUMNS] = ALPHA * a [rows, inner] * b [inner, columns] (+ c) (+ bias)
//
// b lies in panels of 4 columns: element [panel * inner + i] is b[i, 4 panel … 4 panel + 3]. a lies row by row, or is the
// transpose of what does (TRANSPOSED_A), which costs no copy. c is row-major, or in panels of 4 columns itself
// ([panel * rows + row]), as f32 weights lie.
//
// A lane computes tiles of M rows by P panels, each tile alone and in order of i: the result does not depend on W. On a
// GPU the lanes of a group are neighbours in a square of tiles and share what they read through the cache.

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

override W: u32 = 1u;
override M: u32 = 4u;
override P: u32 = 2u;
// Tiles of one workgroup, by rows and by columns.
override GROUP_M: u32 = 8u;
override GROUP_P: u32 = 1u;
override ALPHA: f32 = 1.0;
override ACCUMULATE: bool = false;
// a is [inner, rows] row by row.
override TRANSPOSED_A: bool = false;
// b is [inner, columns] row by row, columns a multiple of 4.
override PLAIN_B: bool = false;
// c lies in panels.
override PANELS_C: bool = false;
override BIAS: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let panels = (params.columns + 3u) / 4u;
  for (var t = lane; t < GROUP_M * GROUP_P; t += W) {
    let panel = (group.y * GROUP_P + t / GROUP_M) * P;
    let row = (group.x * GROUP_M + t % GROUP_M) * M;
    if (panel < panels && row < params.rows) {
      tile(panel, row, panels);
    }
  }
}

fn tile(panel: u32, row: u32, panels: u32) {
  let inner = params.inner;
  var acc = array<vec4<f32>, 16>();
  for (var i = 0u; i < inner; i++) {
    var w = array<vec4<f32>, 4>();
    for (var p = 0u; p < P; p++) {
      let q = min(panel + p, panels - 1u);
      if (PLAIN_B) {
        w[p] = b[i * panels + q];
      } else {
        w[p] = b[q * inner + i];
      }
    }
    for (var m = 0u; m < M; m++) {
      let r = min(row + m, params.rows - 1u);
      var v = vec4<f32>(0.0);
      if (TRANSPOSED_A) {
        v = vec4<f32>(a[i * params.rows + r]);
      } else {
        v = vec4<f32>(a[r * inner + i]);
      }
      for (var p = 0u; p < P; p++) {
        acc[p * M + m] = fma(w[p], v, acc[p * M + m]);
      }
    }
  }
  for (var m = 0u; m < M; m++) {
    if (row + m < params.rows) {
      for (var p = 0u; p < P; p++) {
        store(acc[p * M + m], panel + p, row + m, panels);
      }
    }
  }
}

fn store(sum: vec4<f32>, panel: u32, row: u32, panels: u32) {
  if (panel >= panels) {
    return;
  }
  let column = panel * 4u;
  if (PANELS_C) {
    // Columns past the last are columns of zeros in b.
    let at = (panel * params.rows + row) * 4u;
    store_one(sum.x, at, column);
    store_one(sum.y, at + 1u, column);
    store_one(sum.z, at + 2u, column);
    store_one(sum.w, at + 3u, column);
    return;
  }
  let at = row * params.columns + column;
  store_one(sum.x, at, column);
  if (column + 1u < params.columns) {
    store_one(sum.y, at + 1u, column + 1u);
  }
  if (column + 2u < params.columns) {
    store_one(sum.z, at + 2u, column + 2u);
  }
  if (column + 3u < params.columns) {
    store_one(sum.w, at + 3u, column + 3u);
  }
}

fn store_one(sum: f32, at: u32, column: u32) {
  var value = sum * ALPHA;
  if (BIAS) {
    value += bias[column];
  }
  if (ACCUMULATE) {
    value += c[at];
  }
  c[at] = value;
}
