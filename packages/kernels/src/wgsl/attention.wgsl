// Paged attention with an online softmax (Dao et al. 2022, https://arxiv.org/abs/2205.14135; pages: Kwon et al. 2023,
// https://arxiv.org/abs/2309.06180), for decode and prefill, several sequences in one dispatch.
//
//   q [rows, 4*Q_STRIDE4] f32: per row HEADS queries of HEAD_DIM
//   k_cache, v_cache: see ops/kv-layout.ts
//   tables [SEQUENCES, MAX_BLOCKS] u32: physical block of each block of a sequence
//   placements [rows] vec2<u32>: (position, -); a row sees max(0, position - WINDOW + 1) ..= position, WINDOW = 0 means all
//   tiles [tiles] vec4<u32>: (first row, rows 0..=ROWS, sequence, 0); the rows of a tile ascend in position
//   out: SPLITS = 1: [rows, HEADS, HEAD_DIM]. Otherwise [rows, HEADS, SPLITS, HEAD_DIM + 4]: unnormalised sums, then
//     (largest score, sum of exponentials, 0, 0), for attention_merge.
//   score = SCALE * q · k, with SOFTCAP > 0 SOFTCAP * tanh(score / SOFTCAP)
//
// A workgroup takes one tile and one KV head: QUERIES = ROWS * GROUP query vectors share each load of keys and values.
// T positions at a time are unpacked to workgroup memory, then two small matrix products with register tiles of
// MR query vectors × NK or NV vec4s: scores[m][4 positions] += q[m][d] * k[d][4 positions], and
// sums[m][4 dims] += p[m][position] * v[position][4 dims].
// Workgroups: x counts tiles, y KV heads, z splits of the positions.
// requires: attention_pages, prelude, reduce

override W: u32 = 1u;
override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;
override Q_STRIDE4: u32;
override BLOCK: u32 = 16u;
override BLOCKS: u32;
override MAX_BLOCKS: u32;
override SEQUENCES: u32;
override KV_F16: bool = true;
override KV_Q8: bool = false;
override SCALE: f32;
override SOFTCAP: f32 = 0.0;
override WINDOW: u32 = 0u;
override SPLITS: u32 = 1u;
override ROWS: u32 = 1u;
// A multiple of 4 * NK.
override T: u32 = 32u;
override MR: u32 = 1u;
override NK: u32 = 1u;
// Divides VALUE_PITCH.
override NV: u32 = 1u;
// Lanes side by side along a head while loading; divides W.
override LX: u32 = 1u;
// Keeps GPU lanes that read the same input of neighbouring panels off the same memory bank.
override PAD: u32 = 0u;

override GROUP: u32 = HEADS / KV_HEADS;
override QUERIES: u32 = ((ROWS * GROUP + MR - 1u) / MR) * MR;
override HEAD4: u32 = HEAD_DIM / 4u;
override KEY_Q4: u32 = select(select(HEAD_DIM, HEAD_DIM / 2u, KV_F16), HEAD_DIM / 4u, KV_Q8);
override VALUE_Q4: u32 = select(select(HEAD_DIM / 4u, (HEAD_DIM + 7u) / 8u, KV_F16), (HEAD_DIM + 15u) / 16u, KV_Q8);
// The same with q8_0's scales behind the bytes.
override KEY4: u32 = KEY_Q4 + select(0u, (HEAD_DIM + 31u) / 32u, KV_Q8);
override VALUE4: u32 = VALUE_Q4 + select(0u, (HEAD_DIM + 127u) / 128u, KV_Q8);
override PANELS: u32 = T / 4u;
override KEY_PITCH: u32 = HEAD_DIM + PAD;
override VALUE_PITCH: u32 = VALUE_Q4 * select(select(1u, 2u, KV_F16), 4u, KV_Q8);
override TILE_SIZE: u32 = max(PANELS * KEY_PITCH, T * VALUE_PITCH);
override QUERY_SIZE: u32 = QUERIES * HEAD_DIM;
override SUMS_SIZE: u32 = QUERIES * VALUE_PITCH;
override SCORES_SIZE: u32 = QUERIES * PANELS;
override WEIGHTS_SIZE: u32 = QUERIES * T;

const NEVER: f32 = -1e30;

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k_cache: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> v_cache: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> tables: array<u32>;
@group(0) @binding(4) var<storage, read> placements: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> tiles: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;

// Keys of T positions, [PANELS][KEY_PITCH]; then the values of the same, [T][VALUE_PITCH].
var<workgroup> tile: array<vec4<f32>, TILE_SIZE>;
var<workgroup> queries: array<f32, QUERY_SIZE>;
var<workgroup> scores: array<vec4<f32>, SCORES_SIZE>;
var<workgroup> weights: array<f32, WEIGHTS_SIZE>;
var<workgroup> sums: array<vec4<f32>, SUMS_SIZE>;
var<workgroup> row_max: array<f32, QUERIES>;
var<workgroup> row_sum: array<f32, QUERIES>;
// How much the sums so far shrink as the largest score grows.
var<workgroup> row_fix: array<f32, QUERIES>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let work = tiles[group.x];
  let first = work.x;
  let rows = min(work.y, ROWS);
  let sequence = min(work.z, SEQUENCES - 1u);
  let head = group.y;
  if (rows > 0u) {
    let used = rows * GROUP;
    let micro_rows = (used + MR - 1u) / MR;
    load_queries(first, used, micro_rows * MR, head, lane);

    let end = min(placements[first + rows - 1u].x + 1u, MAX_BLOCKS * BLOCK);
    var begin = 0u;
    if (WINDOW > 0u) {
      let oldest = placements[first].x + 1u;
      begin = ((max(oldest, WINDOW) - WINDOW) / T) * T;
    }
    // Every split takes whole tiles of T positions, perhaps none.
    let share = (((end - min(begin, end)) + T * SPLITS - 1u) / (T * SPLITS)) * T;
    let from_position = begin + group.z * share;
    let to_position = min(end, from_position + share);

    for (var base = from_position; base < to_position; base += T) {
      let count = min(T, to_position - base);
      load_keys(sequence, head, base, count, lane);
      workgroupBarrier();
      score(first, rows, micro_rows, base, count, lane);
      workgroupBarrier();
      load_values(sequence, head, base, count, lane);
      softmax(used, count, lane);
      workgroupBarrier();
      accumulate(micro_rows, count, lane);
      workgroupBarrier();
    }
    store(first, used, head, group.z, lane);
  }
}

fn load_queries(first: u32, used: u32, padded: u32, head: u32, lane: u32) {
  for (var m = lane / LX; m < padded; m += W / LX) {
    let row = first + min(m, used - 1u) / GROUP;
    let source = row * Q_STRIDE4 + (head * GROUP + m % GROUP) * HEAD4;
    for (var i = lane % LX; i < HEAD4; i += LX) {
      let v = q[source + i] * SCALE;
      let at = m * HEAD_DIM + i * 4u;
      queries[at] = v.x;
      queries[at + 1u] = v.y;
      queries[at + 2u] = v.z;
      queries[at + 3u] = v.w;
    }
    for (var i = lane % LX; i < VALUE_PITCH; i += LX) {
      sums[m * VALUE_PITCH + i] = vec4<f32>(0.0);
    }
  }
  for (var m = lane; m < padded; m += W) {
    row_max[m] = NEVER;
    row_sum[m] = 0.0;
    row_fix[m] = 0.0;
  }
}

fn score(first: u32, rows: u32, micro_rows: u32, base: u32, count: u32, lane: u32) {
  let micro_panels = (count + 4u * NK - 1u) / (4u * NK);
  for (var id = lane; id < micro_rows * micro_panels; id += W) {
    let m = (id / micro_panels) * MR;
    let panel = (id % micro_panels) * NK;
    var acc: array<vec4<f32>, 16>;
    for (var i = 0u; i < MR; i++) {
      for (var j = 0u; j < NK; j++) {
        acc[i * 4u + j] = vec4<f32>(0.0);
      }
    }
    for (var d = 0u; d < HEAD_DIM; d++) {
      var k: array<vec4<f32>, 4>;
      for (var j = 0u; j < NK; j++) {
        k[j] = tile[(panel + j) * KEY_PITCH + d];
      }
      for (var i = 0u; i < MR; i++) {
        let s = vec4<f32>(queries[(m + i) * HEAD_DIM + d]);
        for (var j = 0u; j < NK; j++) {
          acc[i * 4u + j] = fma(s, k[j], acc[i * 4u + j]);
        }
      }
    }
    for (var i = 0u; i < MR; i++) {
      let newest = placements[first + min((m + i) / GROUP, rows - 1u)].x;
      for (var j = 0u; j < NK; j++) {
        var s = acc[i * 4u + j];
        if (SOFTCAP > 0.0) {
          // Some drivers overflow in tanh; it is 1 in f32 from 10 on.
          s = SOFTCAP * tanh(clamp(s / SOFTCAP, vec4<f32>(-10.0), vec4<f32>(10.0)));
        }
        let at = vec4<u32>(base + (panel + j) * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
        s = select(vec4<f32>(NEVER), s, at <= vec4<u32>(newest));
        if (WINDOW > 0u) {
          s = select(vec4<f32>(NEVER), s, at + vec4<u32>(WINDOW) > vec4<u32>(newest));
        }
        scores[(m + i) * PANELS + panel + j] = s;
      }
    }
  }
}

// Where every score so far is masked the weights come out as 1; they are multiplied by exp(NEVER - score) = 0 as soon
// as a real score appears, here or in the merge.
fn softmax(used: u32, count: u32, lane: u32) {
  let panels = (count + 3u) / 4u;
  for (var m = lane; m < used; m += W) {
    let start = m * PANELS;
    var peaks = vec4<f32>(NEVER);
    for (var j = 0u; j < panels; j++) {
      peaks = max(peaks, scores[start + j]);
    }
    let before = row_max[m];
    let peak = max(before, max4(peaks));
    var total = vec4<f32>(0.0);
    for (var j = 0u; j < panels; j++) {
      let p = exp(scores[start + j] - vec4<f32>(peak));
      let at = m * T + j * 4u;
      weights[at] = p.x;
      weights[at + 1u] = p.y;
      weights[at + 2u] = p.z;
      weights[at + 3u] = p.w;
      total += p;
    }
    let fix = exp(before - peak);
    row_max[m] = peak;
    row_fix[m] = fix;
    row_sum[m] = row_sum[m] * fix + sum4(total);
  }
}

fn accumulate(micro_rows: u32, count: u32, lane: u32) {
  let micro_columns = VALUE_PITCH / NV;
  for (var id = lane; id < micro_rows * micro_columns; id += W) {
    let m = (id / micro_columns) * MR;
    let column = (id % micro_columns) * NV;
    var acc: array<vec4<f32>, 16>;
    for (var i = 0u; i < MR; i++) {
      let fix = vec4<f32>(row_fix[m + i]);
      for (var j = 0u; j < NV; j++) {
        acc[i * 4u + j] = sums[(m + i) * VALUE_PITCH + column + j] * fix;
      }
    }
    for (var t = 0u; t < count; t++) {
      var v: array<vec4<f32>, 4>;
      for (var j = 0u; j < NV; j++) {
        v[j] = tile[t * VALUE_PITCH + column + j];
      }
      for (var i = 0u; i < MR; i++) {
        let p = vec4<f32>(weights[(m + i) * T + t]);
        for (var j = 0u; j < NV; j++) {
          acc[i * 4u + j] = fma(p, v[j], acc[i * 4u + j]);
        }
      }
    }
    for (var i = 0u; i < MR; i++) {
      for (var j = 0u; j < NV; j++) {
        sums[(m + i) * VALUE_PITCH + column + j] = acc[i * 4u + j];
      }
    }
  }
}

fn store(first: u32, used: u32, head: u32, split: u32, lane: u32) {
  for (var m = lane / LX; m < used; m += W / LX) {
    let vector = (first + m / GROUP) * HEADS + head * GROUP + m % GROUP;
    if (SPLITS == 1u) {
      let inverse = 1.0 / row_sum[m];
      for (var i = lane % LX; i < HEAD4; i += LX) {
        out[vector * HEAD4 + i] = sums[m * VALUE_PITCH + i] * inverse;
      }
    } else {
      let to = (vector * SPLITS + split) * (HEAD4 + 1u);
      for (var i = lane % LX; i < HEAD4; i += LX) {
        out[to + i] = sums[m * VALUE_PITCH + i];
      }
      if (lane % LX == 0u) {
        out[to + HEAD4] = vec4<f32>(row_max[m], row_sum[m], 0.0, 0.0);
      }
    }
  }
}
