// Gradients of attention_pack.wgsl with respect to k and v, summed over the query heads that share them:
//
//   p = exp(SCALE * q kT - lse), dv = pT dout, ds = p * (dout vT - delta) * SCALE, dk = dsT q
//
//   q, dout [rows, HEADS, 4*D4] f32; k, v, dk, dv [rows, KV_HEADS, 4*D4]; stats [rows, HEADS] = (lse, delta)
//
// A tile is TILE keys; the rows that see them come in chunks, one head after the other. Workgroups: x counts tiles of
// keys, y counts key heads.
// requires: causal_pack, reduce

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4<f32>>;
@group(0) @binding(8) var<uniform> params: Params;

// p and ds: [TILE][CHUNK / 4], rows in lanes.
var<workgroup> probabilities: array<vec4<f32>, TILE * CHUNK / 4>;
var<workgroup> back: array<vec4<f32>, TILE * CHUNK / 4>;
var<workgroup> key_sums: array<vec4<f32>, TILE * D4>;
var<workgroup> value_sums: array<vec4<f32>, TILE * D4>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first_key = group.x * TILE;
  let last_key = min(first_key + TILE, params.rows) - 1u;
  let kv_head = group.y;
  for (var t = lane; t < TILE * D4; t += W) {
    key_sums[t] = vec4<f32>(0.0);
    value_sums[t] = vec4<f32>(0.0);
  }
  var end = min(segments[last_key].y, params.rows);
  if (WINDOW < end - min(last_key, end)) {
    end = last_key + WINDOW;
  }
  let end_row = same_everywhere(end, lane);
  for (var head = kv_head * HEADS / KV_HEADS; head < (kv_head + 1u) * HEADS / KV_HEADS; head++) {
    for (var row = first_key; row < end_row; row += CHUNK) {
      workgroupBarrier();
      for (var t = lane; t < (TILE / 2u) * (CHUNK / 4u); t += W) {
        scores(first_key + 2u * (t / (CHUNK / 4u)), row + 4u * (t % (CHUNK / 4u)), t, head, kv_head);
      }
      workgroupBarrier();
      for (var t = lane; t < (TILE / 4u) * ((D4 + 1u) / 2u); t += W) {
        let key = 4u * (t / ((D4 + 1u) / 2u));
        let d = 2u * (t % ((D4 + 1u) / 2u));
        let fours = min(CHUNK / 4u, (end_row - row + 3u) / 4u);
        add_queries(key, d, row, head, fours);
        add_outputs(key, d, row, head, fours);
      }
    }
  }
  workgroupBarrier();
  for (var t = lane; t < TILE * D4; t += W) {
    let key = first_key + t / D4;
    if (key < params.rows) {
      let at = (key * KV_HEADS + kv_head) * D4 + t % D4;
      dk[at] = key_sums[t];
      dv[at] = value_sums[t];
    }
  }
}

// p and ds of 2 keys by 4 rows.
fn scores(key: u32, row: u32, t: u32, head: u32, kv_head: u32) {
  let last = params.rows - 1u;
  let place = 2u * (t / (CHUNK / 4u)) * (CHUNK / 4u) + t % (CHUNK / 4u);
  if (key > row + 3u || row >= segments[min(key + 1u, last)].y) {
    for (var i = 0u; i < 2u; i++) {
      probabilities[place + i * (CHUNK / 4u)] = vec4<f32>(0.0);
      back[place + i * (CHUNK / 4u)] = vec4<f32>(0.0);
    }
    return;
  }
  let k0 = (min(key, last) * KV_HEADS + kv_head) * D4;
  let k1 = (min(key + 1u, last) * KV_HEADS + kv_head) * D4;
  let q0 = (min(row, last) * HEADS + head) * D4;
  let q1 = (min(row + 1u, last) * HEADS + head) * D4;
  let q2 = (min(row + 2u, last) * HEADS + head) * D4;
  let q3 = (min(row + 3u, last) * HEADS + head) * D4;
  var s = array<vec4<f32>, 8>();
  for (var d = 0u; d < D4; d++) {
    let a = k[k0 + d];
    let b = k[k1 + d];
    let c0 = q[q0 + d];
    let c1 = q[q1 + d];
    let c2 = q[q2 + d];
    let c3 = q[q3 + d];
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
    let a = v[k0 + d];
    let b = v[k1 + d];
    let c0 = dout[q0 + d];
    let c1 = dout[q1 + d];
    let c2 = dout[q2 + d];
    let c3 = dout[q3 + d];
    p[0] = fma(a, c0, p[0]);
    p[1] = fma(a, c1, p[1]);
    p[2] = fma(a, c2, p[2]);
    p[3] = fma(a, c3, p[3]);
    p[4] = fma(b, c0, p[4]);
    p[5] = fma(b, c1, p[5]);
    p[6] = fma(b, c2, p[6]);
    p[7] = fma(b, c3, p[7]);
  }
  slopes(
    vec4<f32>(sum4(s[0]), sum4(s[1]), sum4(s[2]), sum4(s[3])),
    vec4<f32>(sum4(p[0]), sum4(p[1]), sum4(p[2]), sum4(p[3])),
    row, key, head, place,
  );
  slopes(
    vec4<f32>(sum4(s[4]), sum4(s[5]), sum4(s[6]), sum4(s[7])),
    vec4<f32>(sum4(p[4]), sum4(p[5]), sum4(p[6]), sum4(p[7])),
    row, key + 1u, head, place + CHUNK / 4u,
  );
}

fn slopes(dots: vec4<f32>, dp: vec4<f32>, row: u32, key: u32, head: u32, place: u32) {
  let rows = vec4<u32>(row) + vec4<u32>(0u, 1u, 2u, 3u);
  let a = min(row, params.rows - 1u);
  let b = min(row + 1u, params.rows - 1u);
  let c = min(row + 2u, params.rows - 1u);
  let d = min(row + 3u, params.rows - 1u);
  let first = vec4<u32>(
    first_seen(a, segments[a].x), first_seen(b, segments[b].x), first_seen(c, segments[c].x), first_seen(d, segments[d].x)
  );
  let sa = stats[a * HEADS + head];
  let sb = stats[b * HEADS + head];
  let sc = stats[c * HEADS + head];
  let sd = stats[d * HEADS + head];
  let seen = (vec4<u32>(key) >= first) & (vec4<u32>(key) <= rows) & (rows < vec4<u32>(params.rows));
  let e = exp(min(SCALE * dots - vec4<f32>(sa.x, sb.x, sc.x, sd.x), vec4<f32>(80.0)));
  let p = select(vec4<f32>(0.0), e, seen);
  probabilities[place] = p;
  back[place] = p * (dp - vec4<f32>(sa.y, sb.y, sc.y, sd.y)) * SCALE;
}

// dk of 4 keys by 2 vec4s of a head.
fn add_queries(t: u32, d: u32, row: u32, head: u32, fours: u32) {
  let last = params.rows - 1u;
  let e = min(d + 1u, D4 - 1u);
  var acc = array<vec4<f32>, 8>();
  for (var m = 0u; m < 4u; m++) {
    acc[m] = key_sums[(t + m) * D4 + d];
    acc[4u + m] = key_sums[(t + m) * D4 + e];
  }
  for (var i = 0u; i < fours; i++) {
    for (var j = 0u; j < 4u; j++) {
      let at = (min(row + 4u * i + j, last) * HEADS + head) * D4;
      let a = q[at + d];
      let b = q[at + e];
      for (var m = 0u; m < 4u; m++) {
        let s = vec4<f32>(back[(t + m) * (CHUNK / 4u) + i][j]);
        acc[m] = fma(s, a, acc[m]);
        acc[4u + m] = fma(s, b, acc[4u + m]);
      }
    }
  }
  for (var m = 0u; m < 4u; m++) {
    key_sums[(t + m) * D4 + d] = acc[m];
    key_sums[(t + m) * D4 + e] = acc[4u + m];
  }
}

// dv of 4 keys by 2 vec4s of a head.
fn add_outputs(t: u32, d: u32, row: u32, head: u32, fours: u32) {
  let last = params.rows - 1u;
  let e = min(d + 1u, D4 - 1u);
  var acc = array<vec4<f32>, 8>();
  for (var m = 0u; m < 4u; m++) {
    acc[m] = value_sums[(t + m) * D4 + d];
    acc[4u + m] = value_sums[(t + m) * D4 + e];
  }
  for (var i = 0u; i < fours; i++) {
    for (var j = 0u; j < 4u; j++) {
      let at = (min(row + 4u * i + j, last) * HEADS + head) * D4;
      let a = dout[at + d];
      let b = dout[at + e];
      for (var m = 0u; m < 4u; m++) {
        let p = vec4<f32>(probabilities[(t + m) * (CHUNK / 4u) + i][j]);
        acc[m] = fma(p, a, acc[m]);
        acc[4u + m] = fma(p, b, acc[4u + m]);
      }
    }
  }
  for (var m = 0u; m < 4u; m++) {
    value_sums[(t + m) * D4 + d] = acc[m];
    value_sums[(t + m) * D4 + e] = acc[4u + m];
  }
}
