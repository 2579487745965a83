// Rotary position embedding of the queries and keys (Su et al. 2021, https://arxiv.org/abs/2104.09864), with an optional
// RMSNorm of each head before it (Qwen3, Gemma 3), and the write of keys and values into this layer's paged cache.
//
//   q [rows, 4*Q_STRIDE4] f32: HEADS queries of HEAD_DIM, changed in place. When FUSED the row goes on with KV_HEADS keys
//     and KV_HEADS values; otherwise these come from k, v [rows, KV_HEADS, HEAD_DIM].
//   placements [rows] vec2<u32>: (position, physical slot in the cache); a slot past the end: nothing is written
//   table [MAX_POSITIONS, 8*TABLE4] f32: see ops/rope-table.ts
//   norms [2, HEAD_DIM] f32: weights for the queries, for the keys
//   k_cache, v_cache: see ops/kv-layout.ts
//
// NEOX pairs input i with i + ROTARY_DIM/2, otherwise 2i with 2i+1. Inputs past ROTARY_DIM pass through.
// Workgroups: x counts rows, y counts groups of HEADS_PER_GROUP heads (queries, then keys, then values).
// requires: reduce

override W: u32 = 1u;
override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;
override Q_STRIDE4: u32;
override FUSED: bool = true;
override ROTARY_DIM: u32;
override NEOX: bool = true;
override MAX_POSITIONS: u32 = 1u;
override NORM: bool = false;
override EPS: f32 = 1e-6;
override KV_F16: bool = true;
override KV_Q8: bool = false;
override BLOCK: u32 = 16u;
override BLOCKS: u32;
override HEADS_PER_GROUP: u32 = 1u;

override HEAD4: u32 = HEAD_DIM / 4u;
override ROTARY4: u32 = ROTARY_DIM / 4u;
override PAIRS4: u32 = ROTARY_DIM / 8u;
override TABLE4: u32 = select(ROTARY4, PAIRS4, NEOX);
// vec4<u32>s of a panel of 4 cached keys, and of a cached value.
override KEY_Q4: u32 = select(select(HEAD_DIM, HEAD_DIM / 2u, KV_F16), HEAD_DIM / 4u, KV_Q8);
override VALUE_Q4: u32 = select(select(HEAD_DIM / 4u, (HEAD_DIM + 7u) / 8u, KV_F16), (HEAD_DIM + 15u) / 16u, KV_Q8);
// The same with q8_0's scales behind the bytes.
override KEY4: u32 = KEY_Q4 + select(0u, (HEAD_DIM + 31u) / 32u, KV_Q8);
override VALUE4: u32 = VALUE_Q4 + select(0u, (HEAD_DIM + 127u) / 128u, KV_Q8);

@group(0) @binding(0) var<storage, read_write> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> placements: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> norms: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> k_cache: array<u32>;
@group(0) @binding(7) var<storage, read_write> v_cache: array<vec4<u32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let placement = placements[row];
  let position = min(placement.x, MAX_POSITIONS - 1u);
  let is_kept = placement.y < BLOCKS * BLOCK;
  let slot = min(placement.y, BLOCKS * BLOCK - 1u);
  let last = min((group.y + 1u) * HEADS_PER_GROUP, HEADS + 2u * KV_HEADS);
  for (var head = group.y * HEADS_PER_GROUP; head < last; head++) {
    if (head < HEADS) {
      query(row * Q_STRIDE4 + head * HEAD4, position, lane);
    } else if (head < HEADS + KV_HEADS) {
      key(row, head - HEADS, position, slot, is_kept, lane);
    } else if (is_kept) {
      value(row, head - HEADS - KV_HEADS, slot, lane);
    }
  }
}

fn query(start: u32, position: u32, lane: u32) {
  var inverse = 1.0;
  if (NORM) {
    var squares = vec4<f32>(0.0);
    for (var i = lane; i < HEAD4; i += W) {
      squares += q[start + i] * q[start + i];
    }
    inverse = inverseSqrt(group_sum(sum4(squares), lane) / f32(HEAD_DIM) + EPS);
  }
  // A lane owns both ends of a rotation, so nothing is read after another lane has written it.
  if (NEOX) {
    for (var i = lane; i < PAIRS4; i += W) {
      let a = normed(q[start + i], 0u, i, inverse);
      let b = normed(q[start + PAIRS4 + i], 0u, PAIRS4 + i, inverse);
      let c = table[position * (2u * TABLE4) + i];
      let s = table[position * (2u * TABLE4) + TABLE4 + i];
      q[start + i] = a * c - b * s;
      q[start + PAIRS4 + i] = b * c + a * s;
    }
  } else {
    for (var i = lane; i < ROTARY4; i += W) {
      q[start + i] = turned(normed(q[start + i], 0u, i, inverse), position, i);
    }
  }
  if (NORM) {
    for (var i = ROTARY4 + lane; i < HEAD4; i += W) {
      q[start + i] = normed(q[start + i], 0u, i, inverse);
    }
  }
}

fn key(row: u32, head: u32, position: u32, slot: u32, is_kept: bool, lane: u32) {
  var inverse = 1.0;
  if (NORM) {
    var squares = vec4<f32>(0.0);
    for (var i = lane; i < HEAD4; i += W) {
      let raw = key_at(row, head, i);
      squares += raw * raw;
    }
    inverse = inverseSqrt(group_sum(sum4(squares), lane) / f32(HEAD_DIM) + EPS);
  }
  if (is_kept) {
    // Keys lie in panels of 4 slots; this is the key's lane of its panel.
    let panel = (((slot / BLOCK) * KV_HEADS + head) * BLOCK + slot % BLOCK) / 4u;
    let to = panel * (KEY4 * 4u) + slot % 4u;
    if (KV_Q8) {
      key_bytes(to, row, head, position, inverse, lane);
    } else if (NEOX) {
      for (var i = lane; i < PAIRS4; i += W) {
        let a = normed(key_at(row, head, i), HEAD4, i, inverse);
        let b = normed(key_at(row, head, PAIRS4 + i), HEAD4, PAIRS4 + i, inverse);
        let c = table[position * (2u * TABLE4) + i];
        let s = table[position * (2u * TABLE4) + TABLE4 + i];
        write_key(to, i, a * c - b * s);
        write_key(to, PAIRS4 + i, b * c + a * s);
      }
    } else {
      for (var i = lane; i < ROTARY4; i += W) {
        write_key(to, i, turned(normed(key_at(row, head, i), HEAD4, i, inverse), position, i));
      }
    }
    if (!KV_Q8) {
      for (var i = ROTARY4 + lane; i < HEAD4; i += W) {
        write_key(to, i, normed(key_at(row, head, i), HEAD4, i, inverse));
      }
    }
  }
}

// A lane takes 32 inputs at a time, which share a scale; it turns each of them by itself.
fn key_bytes(to: u32, row: u32, head: u32, position: u32, inverse: f32, lane: u32) {
  for (var block = lane; block < (HEAD_DIM + 31u) / 32u; block += W) {
    var inputs = array<vec4<f32>, 8>();
    for (var j = 0u; j < 8u; j++) {
      if (block * 8u + j < HEAD4) {
        inputs[j] = turned_key(row, head, position, block * 8u + j, inverse);
      }
    }
    let d = scale_of(&inputs);
    for (var j = 0u; j < 8u; j++) {
      if (block * 8u + j < HEAD4) {
        k_cache[to + (block * 8u + j) * 4u] = pack4xI8(to_bytes(inputs[j], d));
      }
    }
    k_cache[to + (HEAD4 + block) * 4u] = bitcast<u32>(d);
  }
}

fn turned_key(row: u32, head: u32, position: u32, i: u32, inverse: f32) -> vec4<f32> {
  let own = normed(key_at(row, head, i), HEAD4, i, inverse);
  if (i >= ROTARY4) {
    return own;
  }
  if (!NEOX) {
    return turned(own, position, i);
  }
  if (i < PAIRS4) {
    let other = normed(key_at(row, head, PAIRS4 + i), HEAD4, PAIRS4 + i, inverse);
    return own * table[position * (2u * TABLE4) + i] - other * table[position * (2u * TABLE4) + TABLE4 + i];
  }
  let j = i - PAIRS4;
  let other = normed(key_at(row, head, j), HEAD4, j, inverse);
  return own * table[position * (2u * TABLE4) + j] + other * table[position * (2u * TABLE4) + TABLE4 + j];
}

fn scale_of(inputs: ptr<function, array<vec4<f32>, 8>>) -> f32 {
  var peak = vec4<f32>(0.0);
  for (var j = 0u; j < 8u; j++) {
    peak = max(peak, abs((*inputs)[j]));
  }
  return max(max(peak.x, peak.y), max(peak.z, peak.w)) / 127.0;
}

fn to_bytes(v: vec4<f32>, d: f32) -> vec4<i32> {
  let inverse = select(0.0, 1.0 / d, d > 0.0);
  return vec4<i32>(clamp(round(v * inverse), vec4<f32>(-127.0), vec4<f32>(127.0)));
}

// A lane takes 128 inputs at a time: what one vec4 of scales covers.
fn value_bytes(to: u32, row: u32, head: u32, lane: u32) {
  for (var part = lane; part < (HEAD_DIM + 127u) / 128u; part += W) {
    var d = array<f32, 4>();
    for (var b = 0u; b < 4u; b++) {
      let block = part * 4u + b;
      if (block * 8u < HEAD4) {
        var inputs = array<vec4<f32>, 8>();
        for (var j = 0u; j < 8u; j++) {
          if (block * 8u + j < HEAD4) {
            inputs[j] = value_at(row, head, block * 8u + j);
          }
        }
        d[b] = scale_of(&inputs);
        for (var g = 0u; g < 2u; g++) {
          if (block * 2u + g < VALUE_Q4) {
            let q0 = bitcast<vec4<u32>>(to_bytes(inputs[g * 4u], d[b])) & vec4<u32>(0xffu);
            let q1 = bitcast<vec4<u32>>(to_bytes(inputs[g * 4u + 1u], d[b])) & vec4<u32>(0xffu);
            let q2 = bitcast<vec4<u32>>(to_bytes(inputs[g * 4u + 2u], d[b])) & vec4<u32>(0xffu);
            let q3 = bitcast<vec4<u32>>(to_bytes(inputs[g * 4u + 3u], d[b])) & vec4<u32>(0xffu);
            v_cache[to + block * 2u + g] =
              (q0 | (q1 << vec4<u32>(8u))) | ((q2 << vec4<u32>(16u)) | (q3 << vec4<u32>(24u)));
          }
        }
      }
    }
    v_cache[to + VALUE_Q4 + part] = bitcast<vec4<u32>>(vec4<f32>(d[0], d[1], d[2], d[3]));
  }
}

fn value(row: u32, head: u32, slot: u32, lane: u32) {
  let to = (((slot / BLOCK) * KV_HEADS + head) * BLOCK + slot % BLOCK) * VALUE4;
  if (KV_Q8) {
    value_bytes(to, row, head, lane);
    return;
  }
  for (var i = lane; i < VALUE4; i += W) {
    if (KV_F16) {
      let low = value_at(row, head, i * 2u);
      var high = vec4<f32>(0.0);
      if (i * 2u + 1u < HEAD4) {
        high = value_at(row, head, i * 2u + 1u);
      }
      v_cache[to + i] = vec4<u32>(
        pack_halves(low.x, high.x),
        pack_halves(low.y, high.y),
        pack_halves(low.z, high.z),
        pack_halves(low.w, high.w),
      );
    } else {
      v_cache[to + i] = bitcast<vec4<u32>>(value_at(row, head, i));
    }
  }
}

fn key_at(row: u32, head: u32, i: u32) -> vec4<f32> {
  if (FUSED) {
    return q[row * Q_STRIDE4 + (HEADS + head) * HEAD4 + i];
  } else {
    return k[(row * KV_HEADS + head) * HEAD4 + i];
  }
}

fn value_at(row: u32, head: u32, i: u32) -> vec4<f32> {
  if (FUSED) {
    return q[row * Q_STRIDE4 + (HEADS + KV_HEADS + head) * HEAD4 + i];
  } else {
    return v[(row * KV_HEADS + head) * HEAD4 + i];
  }
}

fn normed(raw: vec4<f32>, weight: u32, i: u32, inverse: f32) -> vec4<f32> {
  var result = raw;
  if (NORM) {
    result = raw * inverse * norms[weight + i];
  }
  return result;
}

// Interleaved pairs: the table holds doubled cosines and signed sines.
fn turned(raw: vec4<f32>, position: u32, i: u32) -> vec4<f32> {
  return raw * table[position * (2u * TABLE4) + i] + raw.yxwz * table[position * (2u * TABLE4) + TABLE4 + i];
}

// f16 ends at 65504; what lies beyond would be undefined.
fn pack_halves(a: f32, b: f32) -> u32 {
  return pack2x16float(vec2<f32>(clamp(a, -65504.0, 65504.0), clamp(b, -65504.0, 65504.0)));
}

fn write_key(to: u32, i: u32, turned_key: vec4<f32>) {
  if (KV_F16) {
    k_cache[to + i * 8u] = pack_halves(turned_key.x, turned_key.y);
    k_cache[to + i * 8u + 4u] = pack_halves(turned_key.z, turned_key.w);
  } else {
    k_cache[to + i * 16u] = bitcast<u32>(turned_key.x);
    k_cache[to + i * 16u + 4u] = bitcast<u32>(turned_key.y);
    k_cache[to + i * 16u + 8u] = bitcast<u32>(turned_key.z);
    k_cache[to + i * 16u + 12u] = bitcast<u32>(turned_key.w);
  }
}
