// Gradient of attention_pack.wgsl with respect to q, the softmax computed again from `lse` (Dao et al. 2022, appendix B.2):
//
//   p = exp(SCALE * q kT - lse), ds = p * (dout vT - delta) * SCALE, dq = ds k
//
//   q, dout, dq [rows, HEADS, 4*D4] f32; k, v [rows, KV_HEADS, 4*D4]; stats [rows, HEADS] = (lse, delta)
//
// Workgroups: x counts tiles of rows, y counts heads.
// requires: causal_pack, reduce

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>;
@group(0) @binding(7) var<uniform> params: Params;

// ds: [TILE][CHUNK / 4], keys in lanes.
var<workgroup> back: array<vec4<f32>, TILE * CHUNK / 4>;
var<workgroup> sums: array<vec4<f32>, TILE * D4>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first_row = group.x * TILE;
  let last_row = min(first_row + TILE, params.rows) - 1u;
  let head = group.y;
  let kv_head = head * KV_HEADS / HEADS;
  for (var t = lane; t < TILE * D4; t += W) {
    sums[t] = vec4<f32>(0.0);
  }
  let first_key = same_everywhere(first_seen(first_row, segments[first_row].x), lane);
  for (var key = first_key; key <= last_row; key += CHUNK) {
    workgroupBarrier();
    for (var t = lane; t < (TILE / 2u) * (CHUNK / 4u); t += W) {
      scores(first_row + 2u * (t / (CHUNK / 4u)), key + 4u * (t % (CHUNK / 4u)), t, head, kv_head);
    }
    workgroupBarrier();
    for (var t = lane; t < (TILE / 4u) * ((D4 + 1u) / 2u); t += W) {
      add_keys(4u * (t / ((D4 + 1u) / 2u)), 2u * (t % ((D4 + 1u) / 2u)), first_row, key, kv_head);
    }
  }
  workgroupBarrier();
  for (var t = lane; t < TILE * D4; t += W) {
    let row = first_row + t / D4;
    if (row < params.rows) {
      dq[(row * HEADS + head) * D4 + t % D4] = sums[t];
    }
  }
}

// ds of 2 rows by 4 keys.
fn scores(row: u32, key: u32, t: u32, head: u32, kv_head: u32) {
  let last = params.rows - 1u;
  let place = 2u * (t / (CHUNK / 4u)) * (CHUNK / 4u) + t % (CHUNK / 4u);
  if (key > row + 1u) {
    back[place] = vec4<f32>(0.0);
    back[place + CHUNK / 4u] = vec4<f32>(0.0);
    return;
  }
  let q0 = (min(row, last) * HEADS + head) * D4;
  let q1 = (min(row + 1u, last) * HEADS + head) * D4;
  let k0 = (min(key, last) * KV_HEADS + kv_head) * D4;
  let k1 = (min(key + 1u, last) * KV_HEADS + kv_head) * D4;
  let k2 = (min(key + 2u, last) * KV_HEADS + kv_head) * D4;
  let k3 = (min(key + 3u, last) * KV_HEADS + kv_head) * D4;
  var s = array<vec4<f32>, 8>();
  for (var d = 0u; d < D4; d++) {
    let a = q[q0 + d];
    let b = q[q1 + d];
    let c0 = k[k0 + d];
    let c1 = k[k1 + d];
    let c2 = k[k2 + d];
    let c3 = k[k3 + d];
    s[0] = fma(a, c0, s[0]);
    s[1] = fma(a, c1, s[1]);
    s[2] = fma(a, c2, s[2]);
    s[3] = fma(a, c3, s[3]);
    s[4] = fma(b, c0, s[4]);
    s[5] = fma(b, c1, s[5]);
    s[6] = fma(b, c2, s[6]);
    s[7] = fma(b, c3, s[7]);
  }
  var p = array<vec4<f32>, 8>();
  for (var d = 0u; d < D4; d++) {
    let a = dout[q0 + d];
    let b = dout[q1 + d];
    let c0 = v[k0 + d];
    let c1 = v[k1 + d];
    let c2 = v[k2 + d];
    let c3 = v[k3 + d];
    p[0] = fma(a, c0, p[0]);
    p[1] = fma(a, c1, p[1]);
    p[2] = fma(a, c2, p[2]);
    p[3] = fma(a, c3, p[3]);
    p[4] = fma(b, c0, p[4]);
    p[5] = fma(b, c1, p[5]);
    p[6] = fma(b, c2, p[6]);
    p[7] = fma(b, c3, p[7]);
  }
  back[place] = slope(
    vec4<f32>(sum4(s[0]), sum4(s[1]), sum4(s[2]), sum4(s[3])),
    vec4<f32>(sum4(p[0]), sum4(p[1]), sum4(p[2]), sum4(p[3])),
    row, key, head,
  );
  back[place + CHUNK / 4u] = slope(
    vec4<f32>(sum4(s[4]), sum4(s[5]), sum4(s[6]), sum4(s[7])),
    vec4<f32>(sum4(p[4]), sum4(p[5]), sum4(p[6]), sum4(p[7])),
    row + 1u, key, head,
  );
}

fn slope(dots: vec4<f32>, dp: vec4<f32>, row: u32, key: u32, head: u32) -> vec4<f32> {
  let at = min(row, params.rows - 1u);
  let keys = vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u);
  let seen = (keys >= vec4<u32>(first_seen(at, segments[at].x))) & (keys <= vec4<u32>(at));
  let stat = stats[at * HEADS + head];
  let p = exp(min(SCALE * dots - vec4<f32>(stat.x), vec4<f32>(80.0)));
  return select(vec4<f32>(0.0), p * (dp - vec4<f32>(stat.y)) * SCALE, seen);
}

// 4 rows by 2 vec4s of a head.
fn add_keys(t: u32, d: u32, first_row: u32, key: u32, kv_head: u32) {
  let last = params.rows - 1u;
  let e = min(d + 1u, D4 - 1u);
  var acc = array<vec4<f32>, 8>();
  for (var m = 0u; m < 4u; m++) {
    acc[m] = sums[(t + m) * D4 + d];
    acc[4u + m] = sums[(t + m) * D4 + e];
  }
  // Keys up to the last row's own.
  let fours = min(CHUNK / 4u, (max(first_row + t + 7u, key) - key) / 4u);
  for (var i = 0u; i < fours; i++) {
    for (var j = 0u; j < 4u; j++) {
      let at = (min(key + 4u * i + j, last) * KV_HEADS + kv_head) * D4;
      let a = k[at + d];
      let b = k[at + e];
      for (var m = 0u; m < 4u; m++) {
        let p = vec4<f32>(back[(t + m) * (CHUNK / 4u) + i][j]);
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
