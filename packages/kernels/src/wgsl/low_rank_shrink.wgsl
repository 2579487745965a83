// The first half of low-rank adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685) of many rows at once, each tile of
// rows with an adapter of its own (Punica's segmented products, Chen et al. 2023, https://arxiv.org/abs/2310.18547):
//
//   t [rows, PARTS * RANKS] f32: t[row][p * RANKS + r] = scale_p * (A_p[r] . x[row])
//
// tiles: first row, rows (0: none; at most 4), first unit, units. A unit is 8 ranks of an adapter; its A lies as
// [PARTS, K] vec4<u32>, the 8 halves of one input: rank j in the low half of word j, rank 4 + j in its high half.
// scales [units, PARTS] f32. x is [rows, K] f32, or with INTEGER the int8 blocks of quantize.wgsl.
//
// Workgroups: x counts tiles, y counts parts. A row's sum has one order, whatever tile it is in.
// requires: prelude, reduce

override W: u32 = 1u;
override K: u32;
override PARTS: u32;
override RANKS: u32;
override INTEGER: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<f32>;
@group(0) @binding(2) var<storage, read> tiles: array<vec4<u32>>;
// f32 bits, or 4 int8 a word.
@group(0) @binding(3) var<storage, read> x: array<u32>;
// With INTEGER: (scale, scale * sum) of each block of 32.
@group(0) @binding(4) var<storage, read> xs: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> t: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = tiles[group.x];
  for (var u = 0u; u < min(tile.w, RANKS / 8u); u++) {
    if (tile.y == 1u) {
      one_row(tile.x, tile.z + u, u, group.y, lane);
    } else {
      some_rows(tile.x, tile.y, tile.z + u, u, group.y, lane);
    }
  }
}

fn one_row(row: u32, unit: u32, u: u32, part: u32, lane: u32) {
  var acc_low = vec4<f32>(0.0);
  var acc_high = vec4<f32>(0.0);
  let at = (unit * PARTS + part) * K;
  for (var block = lane; block < blocks(); block += W) {
    var low = vec4<f32>(0.0);
    var high = vec4<f32>(0.0);
    for (var i = block * block_words(); i < (block + 1u) * block_words(); i++) {
      let v = inputs(row, i);
      let w0 = a[at + i * 4u];
      let w1 = a[at + i * 4u + 1u];
      let w2 = a[at + i * 4u + 2u];
      let w3 = a[at + i * 4u + 3u];
      low += f16_lo(w0) * v.x + f16_lo(w1) * v.y + f16_lo(w2) * v.z + f16_lo(w3) * v.w;
      high += f16_hi(w0) * v.x + f16_hi(w1) * v.y + f16_hi(w2) * v.z + f16_hi(w3) * v.w;
    }
    let d = block_scale(row, block);
    acc_low += low * d;
    acc_high += high * d;
  }
  write_unit(row, part, u, unit, acc_low, acc_high, lane);
}

fn some_rows(first: u32, rows: u32, unit: u32, u: u32, part: u32, lane: u32) {
  var acc: array<vec4<f32>, 8>;
  var sum: array<vec4<f32>, 8>;
  for (var m = 0u; m < 8u; m++) {
    acc[m] = vec4<f32>(0.0);
  }
  let last = first + rows - 1u;
  let at = (unit * PARTS + part) * K;
  for (var block = lane; block < blocks(); block += W) {
    for (var m = 0u; m < 8u; m++) {
      sum[m] = vec4<f32>(0.0);
    }
    for (var i = block * block_words(); i < (block + 1u) * block_words(); i++) {
      let w0 = a[at + i * 4u];
      let w1 = a[at + i * 4u + 1u];
      let w2 = a[at + i * 4u + 2u];
      let w3 = a[at + i * 4u + 3u];
      for (var m = 0u; m < 4u; m++) {
        let v = inputs(min(first + m, last), i);
        sum[m] += f16_lo(w0) * v.x + f16_lo(w1) * v.y + f16_lo(w2) * v.z + f16_lo(w3) * v.w;
        sum[m + 4u] += f16_hi(w0) * v.x + f16_hi(w1) * v.y + f16_hi(w2) * v.z + f16_hi(w3) * v.w;
      }
    }
    for (var m = 0u; m < 4u; m++) {
      let d = block_scale(min(first + m, last), block);
      acc[m] += sum[m] * d;
      acc[m + 4u] += sum[m + 4u] * d;
    }
  }
  for (var m = 0u; m < 4u; m++) {
    // Rows past the last repeat it: the same values once more.
    write_unit(min(first + m, last), part, u, unit, acc[m], acc[m + 4u], lane);
  }
}

fn write_unit(row: u32, part: u32, u: u32, unit: u32, low: vec4<f32>, high: vec4<f32>, lane: u32) {
  let scale = scales[unit * PARTS + part];
  let low_sum = lanes_sum(low, lane) * scale;
  let high_sum = lanes_sum(high, lane) * scale;
  if (lane == 0u) {
    let at = (row * PARTS + part) * (RANKS / 4u) + u * 2u;
    t[at] = low_sum;
    t[at + 1u] = high_sum;
  }
}

fn lanes_sum(v: vec4<f32>, lane: u32) -> vec4<f32> {
  if (W == 1u) {
    return v;
  }
  return vec4<f32>(group_sum(v.x, lane), group_sum(v.y, lane), group_sum(v.z, lane), group_sum(v.w, lane));
}

// Fours of inputs that share a scale, and how many such blocks a row has.
fn block_words() -> u32 {
  return select(1u, 8u, INTEGER);
}

fn blocks() -> u32 {
  return (K / 4u) / block_words();
}

fn inputs(row: u32, i: u32) -> vec4<f32> {
  if (INTEGER) {
    return vec4<f32>(unpack4xI8(x[row * (K / 4u) + i]));
  }
  let at = row * K + i * 4u;
  return bitcast<vec4<f32>>(vec4<u32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]));
}

fn block_scale(row: u32, block: u32) -> f32 {
  if (INTEGER) {
    return xs[row * (K / 32u) + block].x;
  }
  return 1.0;
}
