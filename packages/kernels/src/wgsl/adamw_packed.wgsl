// AdamW as in adamw.wgsl, with moments of 12 bits a value instead of 64: quantised in blocks of 256 by the largest of each
// (Dettmers et al. 2022, https://arxiv.org/abs/2110.02861), the first to 4 bits (Li et al. 2023,
// https://arxiv.org/abs/2309.01507), the second to 8.
// requires: reduce
//
//   moments: of each block 98 words: scale of the first, scale of the second, 32 words of 8 codes, 64 words of 4 codes
//   first  = scale * c * |c|, c in -7..7        second = scale * c^4, c in 0..255
//
// Powers spread the codes over what is small. Rounding is up or down by chance, so that what is added up over many steps
// is right on average (a decay of 0.1 % would never pass half a code); the chance is a hash of element and step, so a run
// can be repeated and resumed. A second moment that is not zero has no zero code: the step divides by its root.
//
//   hyper: as in adamw.wgsl, and the step

struct Params {
  count4: u32,
}

override W: u32 = 1u;
override GROUP_BLOCKS: u32 = 8u;
override DECAY: bool = true;

const BLOCK4: u32 = 64u;
const WORDS: u32 = 98u;

@group(0) @binding(0) var<storage, read> hyper: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> moments: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let blocks = (params.count4 + BLOCK4 - 1u) / BLOCK4;
  for (var block = group.x * GROUP_BLOCKS; block < min((group.x + 1u) * GROUP_BLOCKS, blocks); block++) {
    step_block(block, lane);
  }
}

// Twice over the block: its largest moments are known only when all are.
fn step_block(block: u32, lane: u32) {
  let at = block * WORDS;
  let scale1 = bitcast<f32>(moments[at]);
  let scale2 = bitcast<f32>(moments[at + 1u]);
  var peak1 = vec4<f32>(0.0);
  var peak2 = vec4<f32>(0.0);
  for (var j = lane; j < BLOCK4; j += W) {
    let i = block * BLOCK4 + j;
    if (i < params.count4) {
      peak1 = max(peak1, abs(next_first(i, scale1, moments[at + 2u + j / 2u] >> (16u * (j % 2u)))));
      peak2 = max(peak2, next_second(i, scale2, moments[at + 34u + j]));
    }
  }
  let next1 = group_max(max4(peak1), lane) / 49.0;
  let next2 = group_max(max4(peak2), lane) / 4228250625.0;
  // Of what is too small for a quotient nothing is kept.
  let inverse1 = select(0.0, 1.0 / next1, next1 > 1e-36);
  let inverse2 = select(0.0, 1.0 / next2, next2 > 1e-36);

  let epsilon = vec4<f32>(hyper[3]);
  let decay = 1.0 - hyper[0] * hyper[4];
  let step = hyper[0] / hyper[5];
  let correction = hyper[6];
  for (var pair = lane; pair < BLOCK4 / 2u; pair += W) {
    let word = moments[at + 2u + pair];
    var codes = 0u;
    for (var half = 0u; half < 2u; half++) {
      let j = pair * 2u + half;
      let i = block * BLOCK4 + j;
      if (i < params.count4) {
        let m = next_first(i, scale1, word >> (16u * half));
        let v = next_second(i, scale2, moments[at + 34u + j]);
        var p = value[i];
        if (DECAY) {
          p *= decay;
        }
        value[i] = p - step * m / (sqrt(v) / correction + epsilon);
        gradient[i] = vec4<f32>(0.0);
        let chance = hashes(i);
        codes |= codes_first(m * inverse1, vec4<f32>(chance >> vec4<u32>(16u)) / 65536.0) << (16u * half);
        moments[at + 34u + j] = codes_second(v * inverse2, vec4<f32>(chance & vec4<u32>(0xffffu)) / 65536.0);
      }
    }
    moments[at + 2u + pair] = codes;
  }
  if (lane == 0u) {
    moments[at] = bitcast<u32>(next1);
    moments[at + 1u] = bitcast<u32>(next2);
  }
}

// The codes are the lower 4 nibbles of the word.
fn next_first(i: u32, scale: f32, word: u32) -> vec4<f32> {
  // Multiplied up to the sign's bit: lanes shifted by different amounts are slow on a CPU.
  let raised = vec4<i32>(vec4<u32>(word) * vec4<u32>(0x10000000u, 0x1000000u, 0x100000u, 0x10000u));
  let c = vec4<f32>(raised >> vec4<u32>(28u));
  return hyper[1] * (scale * c * abs(c)) + (1.0 - hyper[1]) * (gradient[i] * hyper[7]);
}

fn next_second(i: u32, scale: f32, word: u32) -> vec4<f32> {
  let c = vec4<f32>(unpack4xU8(word));
  let g = gradient[i] * hyper[7];
  return hyper[2] * (scale * (c * c) * (c * c)) + (1.0 - hyper[2]) * g * g;
}

fn codes_first(m: vec4<f32>, chance: vec4<f32>) -> u32 {
  let x = abs(m);
  let low = min(floor(sqrt(x)), vec4<f32>(6.0));
  let up = chance * (2.0 * low + 1.0) < x - low * low;
  let c = low + select(vec4<f32>(0.0), vec4<f32>(1.0), up);
  let n = vec4<u32>(vec4<i32>(select(c, -c, m < vec4<f32>(0.0)))) & vec4<u32>(15u);
  return n.x | (n.y << 4u) | (n.z << 8u) | (n.w << 12u);
}

fn codes_second(v: vec4<f32>, chance: vec4<f32>) -> u32 {
  let low = min(floor(sqrt(sqrt(v))), vec4<f32>(254.0));
  let high = low + 1.0;
  let below = low * low * low * low;
  let up = chance * (high * high * high * high - below) < v - below;
  let c = low + select(vec4<f32>(0.0), vec4<f32>(1.0), up);
  return pack4xU8(vec4<u32>(max(c, select(vec4<f32>(0.0), vec4<f32>(1.0), v > vec4<f32>(0.0)))));
}

// An integer hash of each of 4 elements and the step: its halves are two numbers of chance.
fn hashes(i: u32) -> vec4<u32> {
  var h = vec4<u32>(i * 4u, i * 4u + 1u, i * 4u + 2u, i * 4u + 3u) + vec4<u32>(u32(hyper[8]) * 0x9e3779b9u);
  h = (h ^ (h >> vec4<u32>(16u))) * vec4<u32>(0x7feb352du);
  h = (h ^ (h >> vec4<u32>(15u))) * vec4<u32>(0x846ca68bu);
  return h ^ (h >> vec4<u32>(16u));
}
