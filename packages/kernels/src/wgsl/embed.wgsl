// Rows of an embedding table: x [rows, K] f32 = SCALE * table[tokens[row]], from a weight [N, K] in the panel layout of
// ops/weight.ts. TYPE: 0 f32, 1 f16, 2 bf16, 3 q8_0, 4 q4_0, 5 q4_K, 6 q6_K. Tokens past the end read the last row.
//
// A row is one lane of its panel, so the buffers are read word by word. One workgroup a row.
// requires: prelude

override W: u32 = 1u;
override TYPE: u32;
override N: u32;
override K: u32;
override SCALE: f32 = 1.0;

@group(0) @binding(0) var<storage, read> quants: array<u32>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let token = min(tokens[group.x], N - 1u);
  let panel = token / 4u;
  let r = token % 4u;
  for (var i = lane; i < K / 4u; i += W) {
    x[group.x * (K / 4u) + i] = inputs(panel, r, i) * SCALE;
  }
}

// Inputs 4i … 4i+3 of row r of the panel.
fn inputs(panel: u32, r: u32, i: u32) -> vec4<f32> {
  var result = vec4<f32>(0.0);
  switch TYPE {
    case 0u: {
      let at = (panel * K + i * 4u) * 4u + r;
      result = bitcast<vec4<f32>>(vec4<u32>(quants[at], quants[at + 4u], quants[at + 8u], quants[at + 12u]));
    }
    case 1u: {
      let at = (panel * (K / 2u) + i * 2u) * 4u + r;
      result = f16x4(vec2<u32>(quants[at], quants[at + 4u]));
    }
    case 2u: {
      let at = (panel * (K / 2u) + i * 2u) * 4u + r;
      let v = vec4<u32>(quants[at], quants[at], quants[at + 4u], quants[at + 4u]);
      result = bitcast<vec4<f32>>((v << vec4<u32>(16u, 0u, 16u, 0u)) & vec4<u32>(0xffff0000u));
    }
    case 3u: {
      result = bytes(quants[(panel * (K / 4u) + i) * 4u + r]) * simple_scale(panel, r, i / 8u);
    }
    case 4u: {
      // Words j of low nibbles are inputs 4j, of high nibbles 16 + 4j of the block.
      let word = quants[((panel * (K / 32u) + i / 8u) * 4u + i % 4u) * 4u + r];
      let nibbles = (word >> (((i / 4u) % 2u) * 4u)) & 0x0f0f0f0fu;
      result = (bytes(nibbles) - vec4<f32>(8.0)) * simple_scale(panel, r, i / 8u);
    }
    case 5u: {
      result = q4_k(panel * (K / 256u) + i / 64u, r, i % 64u);
    }
    default: {
      result = q6_k(panel * (K / 256u) + i / 64u, r, i % 64u);
    }
  }
  return result;
}

fn bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(unpack4xI8(word));
}

fn half_of(word: u32, upper: u32) -> f32 {
  let pair = unpack2x16float(word);
  return select(pair.x, pair.y, upper == 1u);
}

fn simple_scale(panel: u32, r: u32, block: u32) -> f32 {
  return half_of(scales[(panel * (K / 32u) + block) * 2u + r / 2u], r % 2u);
}

// `i` counts fours within the super-block of 256.
fn q4_k(block: u32, r: u32, i: u32) -> vec4<f32> {
  let part = i / 16u;
  let upper = (i / 8u) % 2u;
  let word = quants[(block * 32u + part * 8u + i % 8u) * 4u + r];
  let d = unpack2x16float(scales[block * 20u + r]);
  let sub = scales[(block * 5u + 1u + part) * 4u + r];
  let scale = d.x * f32((sub >> (8u * upper)) & 0xffu);
  let minimum = d.y * f32((sub >> (16u + 8u * upper)) & 0xffu);
  return bytes((word >> (4u * upper)) & 0x0f0f0f0fu) * scale - vec4<f32>(minimum);
}

fn q6_k(block: u32, r: u32, i: u32) -> vec4<f32> {
  let unit = (i / 32u) * 2u + (i / 4u) % 2u;
  let s = (i / 8u) % 4u;
  let at = ((block * 4u + unit) * 12u + (i % 4u) * 3u) * 4u + r;
  let nibbles = (quants[at + 4u * (s % 2u)] >> (4u * (s / 2u))) & 0x0f0f0f0fu;
  let upper = (quants[at + 8u] >> (2u * s)) & 0x03030303u;
  let d = half_of(scales[block * 20u + r], 0u);
  let run = i / 4u;
  let run_scales = scales[(block * 5u + 1u + run / 4u) * 4u + r];
  let scale = bitcast<i32>(run_scales << (24u - 8u * (run % 4u))) >> 24u;
  return (bytes(nibbles | (upper << 4u)) - vec4<f32>(32.0)) * (d * f32(scale));
}
