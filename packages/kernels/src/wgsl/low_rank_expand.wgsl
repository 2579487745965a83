// The second half of low-rank adapters of many rows at once; see low_rank_shrink.wgsl for tiles, units and t:
//
//   y [rows, N] f32: y[row][o] += B_p[o] . t[row][p * RANKS ...], p the part that output o belongs to
//
// Parts lie one after another, part 1 from panel END0 on and part 2 from END1, or with ALTERNATING a panel of 4 outputs each
// by turns. B of a unit lies as [N / 4, 4] vec4<u32>: word o of the j-th vector has rank 2j of output o in its low half and
// rank 2j + 1 in its high half.
//
// Workgroups: x counts tiles, y counts pieces of GROUP_PANELS panels.
// requires: prelude

override W: u32 = 1u;
override N: u32;
override PARTS: u32;
override RANKS: u32;
override END0: u32;
override END1: u32;
override ALTERNATING: bool = false;
override GROUP_PANELS: u32;

@group(0) @binding(0) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> tiles: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = tiles[group.x];
  let end = min((group.y + 1u) * GROUP_PANELS, N / 4u);
  for (var u = 0u; u < min(tile.w, RANKS / 8u); u++) {
    let unit = tile.z + u;
    if (tile.y == 1u) {
      for (var panel = group.y * GROUP_PANELS + lane; panel < end; panel += W) {
        one_row(tile.x, unit, u, panel);
      }
    } else {
      for (var panel = group.y * GROUP_PANELS + lane; panel < end; panel += W) {
        some_rows(tile.x, tile.y, unit, u, panel);
      }
    }
  }
}

fn part_of(panel: u32) -> u32 {
  if (ALTERNATING) {
    return panel % 2u;
  }
  return select(0u, 1u, panel >= END0) + select(0u, 1u, panel >= END1);
}

fn one_row(row: u32, unit: u32, u: u32, panel: u32) {
  let start = (row * PARTS + part_of(panel)) * RANKS + u * 8u;
  let at = (unit * (N / 4u) + panel) * 4u;
  var sum = vec4<f32>(0.0);
  for (var j = 0u; j < 4u; j++) {
    let w = b[at + j];
    sum += f16_lo(w) * t[start + 2u * j] + f16_hi(w) * t[start + 2u * j + 1u];
  }
  y[row * (N / 4u) + panel] += sum;
}

fn some_rows(first: u32, rows: u32, unit: u32, u: u32, panel: u32) {
  let part = part_of(panel);
  let at = (unit * (N / 4u) + panel) * 4u;
  var low: array<vec4<f32>, 4>;
  var high: array<vec4<f32>, 4>;
  for (var j = 0u; j < 4u; j++) {
    let w = b[at + j];
    low[j] = f16_lo(w);
    high[j] = f16_hi(w);
  }
  for (var m = 0u; m < rows; m++) {
    let start = ((first + m) * PARTS + part) * RANKS + u * 8u;
    var sum = vec4<f32>(0.0);
    for (var j = 0u; j < 4u; j++) {
      sum += low[j] * t[start + 2u * j] + high[j] * t[start + 2u * j + 1u];
    }
    y[(first + m) * (N / 4u) + panel] += sum;
  }
}
