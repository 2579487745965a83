// Causal attention over packed texts, for training: softmax(SCALE * q kT) v with online softmax by chunks of keys (Dao et al.
// 2022, https://arxiv.org/abs/2205.14135), keeping the logarithm of each row's sum for the way back.
//
//   q, out [rows, HEADS, 4*D4] f32; k, v [rows, KV_HEADS, 4*D4]; lse [rows, HEADS]
//   hidden [rows]: rows (first, one past the last) of its text that a row does not see: other branches of the same beginning
//
// Workgroups: x counts tiles of rows, y counts heads.
// requires: causal_pack, reduce

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> hidden: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

// Scores, then their exponentials: [TILE][CHUNK / 4], keys in lanes.
var<workgroup> scores: array<vec4<f32>, TILE * CHUNK / 4>;
var<workgroup> sums: array<vec4<f32>, TILE * D4>;
var<workgroup> peaks: array<f32, TILE>;
var<workgroup> totals: array<f32, TILE>;
var<workgroup> keeps: array<f32, TILE>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first_row = group.x * TILE;
  let last_row = min(first_row + TILE, params.rows) - 1u;
  let head = group.y;
  let kv_head = head * KV_HEADS / HEADS;
  for (var t = lane; t < TILE; t += W) {
    peaks[t] = -1.0e30;
    totals[t] = 0.0;
  }
  for (var t = lane; t < TILE * D4; t += W) {
    sums[t] = vec4<f32>(0.0);
  }
  let first_key = same_everywhere(first_seen(first_row, segments[first_row].x), lane);
  for (var key = first_key; key <= last_row; key += CHUNK) {
    workgroupBarrier();
    for (var t = lane; t < (TILE / 2u) * (CHUNK / 4u); t += W) {
      score(first_row + 2u * (t / (CHUNK / 4u)), key + 4u * (t % (CHUNK / 4u)), t, head, kv_head);
    }
    workgroupBarrier();
    for (var t = lane; t < TILE; t += W) {
      exponentials(t);
    }
    workgroupBarrier();
    for (var t = lane; t < (TILE / 4u) * ((D4 + 1u) / 2u); t += W) {
      add_values(4u * (t / ((D4 + 1u) / 2u)), 2u * (t % ((D4 + 1u) / 2u)), first_row, key, kv_head);
    }
  }
  workgroupBarrier();
  for (var t = lane; t < TILE * D4; t += W) {
    let row = first_row + t / D4;
    if (row < params.rows) {
      out[(row * HEADS + head) * D4 + t % D4] = sums[t] / totals[t / D4];
    }
  }
  for (var t = lane; t < TILE; t += W) {
    if (first_row + t < params.rows) {
      lse[(first_row + t) * HEADS + head] = peaks[t] + log(totals[t]);
    }
  }
}

// 2 rows by 4 keys.
fn score(row: u32, key: u32, t: u32, head: u32, kv_head: u32) {
  let last = params.rows - 1u;
  let place = 2u * (t / (CHUNK / 4u)) * (CHUNK / 4u) + t % (CHUNK / 4u);
  if (key > row + 1u) {
    // Nothing to see: all of these keys come later.
    scores[place] = vec4<f32>(-1.0e30);
    scores[place + CHUNK / 4u] = vec4<f32>(-1.0e30);
    return;
  }
  let q0 = (min(row, last) * HEADS + head) * D4;
  let q1 = (min(row + 1u, last) * HEADS + head) * D4;
  let k0 = (min(key, last) * KV_HEADS + kv_head) * D4;
  let k1 = (min(key + 1u, last) * KV_HEADS + kv_head) * D4;
  let k2 = (min(key + 2u, last) * KV_HEADS + kv_head) * D4;
  let k3 = (min(key + 3u, last) * KV_HEADS + kv_head) * D4;
  var acc = array<vec4<f32>, 8>();
  for (var d = 0u; d < D4; d++) {
    let a = q[q0 + d];
    let b = q[q1 + d];
    let c0 = k[k0 + d];
    let c1 = k[k1 + d];
    let c2 = k[k2 + d];
    let c3 = k[k3 + d];
    acc[0] = fma(a, c0, acc[0]);
    acc[1] = fma(a, c1, acc[1]);
    acc[2] = fma(a, c2, acc[2]);
    acc[3] = fma(a, c3, acc[3]);
    acc[4] = fma(b, c0, acc[4]);
    acc[5] = fma(b, c1, acc[5]);
    acc[6] = fma(b, c2, acc[6]);
    acc[7] = fma(b, c3, acc[7]);
  }
  scores[place] = masked(vec4<f32>(sum4(acc[0]), sum4(acc[1]), sum4(acc[2]), sum4(acc[3])), row, key);
  scores[place + CHUNK / 4u] = masked(vec4<f32>(sum4(acc[4]), sum4(acc[5]), sum4(acc[6]), sum4(acc[7])), row + 1u, key);
}

fn masked(dots: vec4<f32>, row: u32, key: u32) -> vec4<f32> {
  let at = min(row, params.rows - 1u);
  let keys = vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u);
  let gap = hidden[at];
  let seen = (keys >= vec4<u32>(first_seen(at, segments[at].x))) & (keys <= vec4<u32>(at))
    & ((keys < vec4<u32>(gap.x)) | (keys >= vec4<u32>(gap.y)));
  return select(vec4<f32>(-1.0e30), SCALE * dots, seen);
}

fn exponentials(t: u32) {
  var highest = vec4<f32>(peaks[t]);
  for (var i = 0u; i < CHUNK / 4u; i++) {
    highest = max(highest, scores[t * (CHUNK / 4u) + i]);
  }
  let peak = max4(highest);
  var sum = vec4<f32>(0.0);
  for (var i = 0u; i < CHUNK / 4u; i++) {
    let s = scores[t * (CHUNK / 4u) + i];
    // A row may see none of this chunk's keys: what is masked counts nothing whatever the peak.
    let e = select(exp(s - vec4<f32>(peak)), vec4<f32>(0.0), s <= vec4<f32>(-1.0e30));
    scores[t * (CHUNK / 4u) + i] = e;
    sum += e;
  }
  keeps[t] = exp(peaks[t] - peak);
  totals[t] = totals[t] * keeps[t] + sum4(sum);
  peaks[t] = peak;
}

// 4 rows by 2 vec4s of a head.
fn add_values(t: u32, d: u32, first_row: u32, key: u32, kv_head: u32) {
  let last = params.rows - 1u;
  let e = min(d + 1u, D4 - 1u);
  var acc = array<vec4<f32>, 8>();
  for (var m = 0u; m < 4u; m++) {
    acc[m] = sums[(t + m) * D4 + d] * keeps[t + m];
    acc[4u + m] = sums[(t + m) * D4 + e] * keeps[t + m];
  }
  // Keys up to the last row's own.
  let fours = min(CHUNK / 4u, (max(first_row + t + 7u, key) - key) / 4u);
  for (var i = 0u; i < fours; i++) {
    for (var j = 0u; j < 4u; j++) {
      let at = (min(key + 4u * i + j, last) * KV_HEADS + kv_head) * D4;
      let a = v[at + d];
      let b = v[at + e];
      for (var m = 0u; m < 4u; m++) {
        let p = vec4<f32>(scores[(t + m) * (CHUNK / 4u) + i][j]);
        acc[m] = fma(p, a, acc[m]);
        acc[4u + m] = fma(p, b, acc[4u + m]);
      }
    }
  }
  for (var m = 0u; m < 4u; m++) {
    sums[(t + m) * D4 + d] = acc[m];
    sums[(t + m) * D4 + e] = acc[4u + m];
  }
}
