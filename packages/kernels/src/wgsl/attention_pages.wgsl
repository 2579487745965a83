// Part of attention.wgsl: keys and values of `count` positions from `base` on, from their pages to workgroup memory,
// unpacked. Physical blocks are found through the sequence's row of `tables`; a damaged table reads the wrong block of the
// cache, never outside it.

// First slot of the block that holds this position, counted over blocks and heads, as the cache is laid out.
fn first_slot(sequence: u32, head: u32, position: u32) -> u32 {
  let block = min(tables[sequence * MAX_BLOCKS + min(position / BLOCK, MAX_BLOCKS - 1u)], BLOCKS - 1u);
  return (block * KV_HEADS + head) * BLOCK;
}

fn load_keys(sequence: u32, head: u32, base: u32, count: u32, lane: u32) {
  // Whole register tiles are computed; panels past the end are zero, and masked later.
  let panels = ((count + 4u * NK - 1u) / (4u * NK)) * NK;
  for (var panel = lane / LX; panel < panels; panel += W / LX) {
    let position = base + panel * 4u;
    let to = panel * KEY_PITCH;
    if (panel * 4u < count) {
      let source = (first_slot(sequence, head, position) / 4u + (position % BLOCK) / 4u) * KEY4;
      for (var i = lane % LX; i < KEY_Q4; i += LX) {
        let v = k_cache[source + i];
        if (KV_Q8) {
          let scale = bitcast<vec4<f32>>(k_cache[source + KEY_Q4 + i / 8u]);
          tile[to + i * 4u] = byte_of(v, 24u) * scale;
          tile[to + i * 4u + 1u] = byte_of(v, 16u) * scale;
          tile[to + i * 4u + 2u] = byte_of(v, 8u) * scale;
          tile[to + i * 4u + 3u] = byte_of(v, 0u) * scale;
        } else if (KV_F16) {
          tile[to + i * 2u] = f16_lo(v);
          tile[to + i * 2u + 1u] = f16_hi(v);
        } else {
          tile[to + i] = bitcast<vec4<f32>>(v);
        }
      }
    } else {
      for (var i = lane % LX; i < HEAD_DIM; i += LX) {
        tile[to + i] = vec4<f32>(0.0);
      }
    }
  }
}

fn load_values(sequence: u32, head: u32, base: u32, count: u32, lane: u32) {
  // Slots past the end may hold anything, NaN included, so they are read as zero.
  let padded = ((count + 3u) / 4u) * 4u;
  for (var j = lane / LX; j < padded; j += W / LX) {
    let position = base + j;
    let to = j * VALUE_PITCH;
    if (j < count) {
      let source = (first_slot(sequence, head, position) + position % BLOCK) * VALUE4;
      for (var i = lane % LX; i < VALUE_Q4; i += LX) {
        let v = v_cache[source + i];
        if (KV_Q8) {
          let scales = bitcast<vec4<f32>>(v_cache[source + VALUE_Q4 + i / 8u]);
          let lower = select(scales.x, scales.y, (i / 2u) % 2u == 1u);
          let upper = select(scales.z, scales.w, (i / 2u) % 2u == 1u);
          let scale = vec4<f32>(select(lower, upper, (i / 4u) % 2u == 1u));
          tile[to + i * 4u] = byte_of(v, 24u) * scale;
          tile[to + i * 4u + 1u] = byte_of(v, 16u) * scale;
          tile[to + i * 4u + 2u] = byte_of(v, 8u) * scale;
          tile[to + i * 4u + 3u] = byte_of(v, 0u) * scale;
        } else if (KV_F16) {
          tile[to + i * 2u] = f16_lo(v);
          tile[to + i * 2u + 1u] = f16_hi(v);
        } else {
          tile[to + i] = bitcast<vec4<f32>>(v);
        }
      }
    } else {
      for (var i = lane % LX; i < VALUE_PITCH; i += LX) {
        tile[to + i] = vec4<f32>(0.0);
      }
    }
  }
}

// The signed byte of each lane that lies so many bits below the highest.
fn byte_of(v: vec4<u32>, below: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(v << vec4<u32>(below)) >> vec4<u32>(24u));
}
