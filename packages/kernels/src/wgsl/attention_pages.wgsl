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
      for (var i = lane % LX; i < KEY4; i += LX) {
        let v = k_cache[source + i];
        if (KV_F16) {
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
      for (var i = lane % LX; i < VALUE4; i += LX) {
        let v = v_cache[source + i];
        if (KV_F16) {
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
