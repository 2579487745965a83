// The part that every weight type shares: y [rows, N] (+)= x [rows, K] · W [N, K]ᵀ (+ bias), or a gated pair
// y = act(x · Gᵀ) · (x · Uᵀ).
//
// A tile is P panels of the weight by M rows of x: P · M accumulators of 4 outputs each. A workgroup walks GROUP_TILES
// tiles by GROUP_ROWS rows, the weights of a tile staying in cache while the rows stream past. Its W lanes share the
// inputs of a tile among them and add up at the end. The including kernel brings
//
//   fn multiply(acc: ptr<function, array<vec4<f32>, 16>>, a: u32, first_panel: u32, first_row: u32, last_row: u32, lane: u32)
//
// which adds this lane's share of Q panels to acc[a + p * M + m]. Panels past the last and rows past `last_row` repeat the last one and
// are not stored, so a kernel clamps its indices and needs no branch. It also brings
//
//   fn prepare(first_panel: u32)
//
// which may lay a tile's weights out anew before the rows stream past them, and
//
//   fn prepare_rows(first_row: u32, end_row: u32)
//
// which may do the same with the workgroup's rows of x before the tiles.

override W: u32 = 1u;
// Outputs: rows of the weight; of each half of a gated pair.
override N: u32;
override K: u32;
// Panels of a tile (even for a gated pair) and rows of a tile: P * M <= 16.
override P: u32 = 2u;
override M: u32 = 1u;
// Panels that are read side by side. Memory likes one stream: few rows of x leave arithmetic to spare, so panels are
// read one after the other; many rows share each input between panels.
override Q: u32 = P;
override GROUP_TILES: u32 = 1u;
override GROUP_ROWS: u32 = 1u;

override ACCUMULATE: bool = false;
override BIAS: bool = false;
// The weight is a gated pair: panels alternate between gate and up.
override GATED: bool = false;
// The gate's function: GELU (tanh form) or SiLU.
override GELU: bool = false;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;

// One lane alone waits for every step of an activation: it keeps the products of a tile and activates them together.
override DEFERRED: bool = GATED && W == 1u;
override HELD: u32 = select(1u, GROUP_ROWS * P, DEFERRED);

var<workgroup> partial: array<vec4<f32>, W * P * M>;
var<workgroup> held: array<vec4<f32>, HELD>;

fn panel_count() -> u32 {
  return ((N + 3u) / 4u) * select(1u, 2u, GATED);
}

fn matmul(group: vec3<u32>, lane: u32, rows: u32) {
  let tiles = (panel_count() + P - 1u) / P;
  let first_tile = group.x * GROUP_TILES;
  let end_tile = min(first_tile + GROUP_TILES, tiles);
  let first_row = group.y * GROUP_ROWS;
  let end_row = min(first_row + GROUP_ROWS, rows);
  prepare_rows(first_row, end_row);
  for (var tile = first_tile; tile < end_tile; tile++) {
    prepare(tile * P);
    for (var r = 0u; r < GROUP_ROWS; r += M) {
      let row = first_row + r;
      if (row >= end_row) {
        break;
      }
      // Zeroed by an initialiser: some drivers zero a bare `var` only on the first round of a loop.
      var acc = array<vec4<f32>, 16>();
      for (var p = 0u; p < P; p += Q) {
        multiply(&acc, p * M, tile * P + p, row, end_row - 1u, lane);
      }
      if (W > 1u) {
        add_lanes(&acc, lane);
      }
      if (DEFERRED) {
        for (var m = 0u; m < M; m++) {
          for (var p = 0u; p < P; p++) {
            held[min(r + m, GROUP_ROWS - 1u) * P + p] = acc[p * M + m];
          }
        }
      } else if (lane == 0u) {
        store_tile(&acc, tile * P, row, end_row);
      }
    }
    if (DEFERRED) {
      for (var r = 0u; r < GROUP_ROWS; r++) {
        if (first_row + r >= end_row) {
          break;
        }
        for (var p = 0u; p < P / 2u; p++) {
          store(activate(held[r * P + 2u * p]) * held[r * P + 2u * p + 1u], tile * (P / 2u) + p, first_row + r);
        }
      }
    }
  }
}

// Leaves the sum over all lanes in every lane's acc.
fn add_lanes(acc: ptr<function, array<vec4<f32>, 16>>, lane: u32) {
  for (var t = 0u; t < P * M; t++) {
    partial[t * W + lane] = (*acc)[t];
  }
  workgroupBarrier();
  for (var s = W / 2u; s > 0u; s >>= 1u) {
    if (lane < s) {
      for (var t = 0u; t < P * M; t++) {
        partial[t * W + lane] += partial[t * W + lane + s];
      }
    }
    workgroupBarrier();
  }
  for (var t = 0u; t < P * M; t++) {
    (*acc)[t] = partial[t * W];
  }
  workgroupBarrier();
}

fn store_tile(acc: ptr<function, array<vec4<f32>, 16>>, first_panel: u32, first_row: u32, end_row: u32) {
  for (var m = 0u; m < M; m++) {
    if (first_row + m < end_row) {
      if (GATED) {
        for (var p = 0u; p < P / 2u; p++) {
          let value = activate((*acc)[2u * p * M + m]) * (*acc)[(2u * p + 1u) * M + m];
          store(value, first_panel / 2u + p, first_row + m);
        }
      } else {
        for (var p = 0u; p < P; p++) {
          store((*acc)[p * M + m], first_panel + p, first_row + m);
        }
      }
    }
  }
}

fn activate(gate: vec4<f32>) -> vec4<f32> {
  if (GELU) {
    let inner = 0.7978845608028654 * (gate + 0.044715 * gate * gate * gate);
    return 0.5 * gate * (1.0 + tanh(clamp(inner, vec4<f32>(-10.0), vec4<f32>(10.0))));
  }
  return gate / (1.0 + exp(min(-gate, vec4<f32>(80.0))));
}

// The 4 outputs of one panel of one row; `panel` counts outputs, not the gated pair's panels.
fn store(value: vec4<f32>, panel: u32, row: u32) {
  let column = panel * 4u;
  // Without odd ends there is nothing to guard but a whole panel.
  if (N % 4u == 0u) {
    if (column < N) {
      store_one(value.x, column, row);
      store_one(value.y, column + 1u, row);
      store_one(value.z, column + 2u, row);
      store_one(value.w, column + 3u, row);
    }
    return;
  }
  if (column < N) {
    store_one(value.x, column, row);
  }
  if (column + 1u < N) {
    store_one(value.y, column + 1u, row);
  }
  if (column + 2u < N) {
    store_one(value.z, column + 2u, row);
  }
  if (column + 3u < N) {
    store_one(value.w, column + 3u, row);
  }
}

fn store_one(value: f32, column: u32, row: u32) {
  var sum = value;
  if (BIAS) {
    sum += bias[column];
  }
  if (ACCUMULATE) {
    sum += y[row * N + column];
  }
  y[row * N + column] = sum;
}
