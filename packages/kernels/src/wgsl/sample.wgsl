// One token per row of logits, seeded and without sorting.
//
//   logits [rows, 4*STRIDE4] f32, of which VOCAB count
//   params [rows] Params; edits [rows, MAX_EDITS] vec4<u32>: (token, count so far, bits of its bias as f32, 0), each
//     token once; mask [rows, MASK_WORDS] u32: bit t % 32 of word t / 32 allows token t
//   work [rows, STRIDE4] vec4<f32>, chunk_ids [rows, STRIDE4] u32: scratch
//   tokens [rows] u32, logprobs [rows] f32: log-softmax of the unchanged logits at the token (0 unless asked for)
//
// In this order: penalties (repetition: Keskar et al. 2019, https://arxiv.org/abs/1909.05858; frequency and presence as
// OpenAI defines them), bias, mask, temperature, top-k, top-p (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751),
// min-p (Nguyen et al. 2024, https://arxiv.org/abs/2407.01082). Temperature 0 takes the largest, the lowest id of equals.
//
// Top-k and top-p are thresholds on p = exp((logit - largest) / temperature), found by bisection over the bits of p, which
// ascend with p; equals at the threshold stay together. Once few enough candidates are left each lane keeps only the
// chunks (4 tokens) that still hold one. Then an inverse CDF over the chunks, lane by lane.
// One workgroup a row.
// requires: sample_threshold, reduce

override W: u32 = 1u;
override VOCAB: u32;
override STRIDE4: u32;
// 0: no row has edits.
override MAX_EDITS: u32 = 0u;
// False: no row has a mask.
override MASKED: bool = false;

override CHUNKS: u32 = (VOCAB + 3u) / 4u;
override MASK_WORDS: u32 = (VOCAB + 31u) / 32u;

struct Params {
  temperature: f32,
  top_k: u32,
  top_p: f32,
  min_p: f32,
  repetition: f32,
  frequency: f32,
  presence: f32,
  edits: u32,
  seed_low: u32,
  seed_high: u32,
  step: u32,
  // 1: obey the mask, 2: give the log-probability
  flags: u32,
}

const NEVER: f32 = -1e30;
// Bits of 1.0, the largest p, and of the least normal f32: what is smaller counts as impossible, the masked among it.
const ONE: u32 = 0x3f800000u;
const LEAST: u32 = 0x00800000u;
// Chunks between two checks of the running total against the target.
const SEGMENT: u32 = 32u;

@group(0) @binding(0) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> params: array<Params>;
@group(0) @binding(2) var<storage, read> edits: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> chunk_ids: array<u32>;
@group(0) @binding(6) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(7) var<storage, read_write> logprobs: array<f32>;

var<workgroup> lane_mass: array<f32, W>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let base = row * STRIDE4;
  copy_logits(row, lane);
  storageBarrier();
  if (MAX_EDITS > 0u) {
    apply_edits(row, lane);
    storageBarrier();
  }
  var token = largest(base, lane);
  if (params[row].temperature > 0.0) {
    token = draw(row, token, lane);
  }
  var logprob = 0.0;
  if ((params[row].flags & 2u) != 0u) {
    logprob = logits[base + token / 4u][token % 4u] - normaliser(base, lane);
  }
  if (lane == 0u) {
    tokens[row] = token;
    logprobs[row] = logprob;
  }
}

fn tokens_of(chunk: u32) -> vec4<u32> {
  return vec4<u32>(chunk * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
}

// Logits with what the mask forbids, and the padding past VOCAB, at NEVER.
fn copy_logits(row: u32, lane: u32) {
  let base = row * STRIDE4;
  var masked = false;
  if (MASKED) {
    masked = (params[row].flags & 1u) != 0u;
  }
  for (var i = lane; i < CHUNKS; i += W) {
    var v = logits[base + i];
    if (MASKED && masked) {
      let word = mask[row * MASK_WORDS + i / 8u] >> ((i % 8u) * 4u);
      let allowed = (vec4<u32>(word) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>(0u);
      v = select(vec4<f32>(NEVER), v, allowed);
    }
    work[base + i] = v;
  }
  if (VOCAB % 4u != 0u && lane == (CHUNKS - 1u) % W) {
    let i = CHUNKS - 1u;
    work[base + i] = select(vec4<f32>(NEVER), work[base + i], tokens_of(i) < vec4<u32>(VOCAB));
  }
}

fn apply_edits(row: u32, lane: u32) {
  let base = row * STRIDE4;
  let p = params[row];
  for (var e = lane; e < min(p.edits, MAX_EDITS); e += W) {
    let edit = edits[row * MAX_EDITS + e];
    let token = min(edit.x, VOCAB - 1u);
    var v = work[base + token / 4u][token % 4u];
    // What the mask forbids stays forbidden, whatever its bias.
    if (v > NEVER) {
      if (edit.y > 0u) {
        v = select(v * p.repetition, v / p.repetition, v > 0.0);
        v -= f32(edit.y) * p.frequency + p.presence;
      }
      v += bitcast<f32>(edit.z);
      // Neighbours may belong to other lanes: only this component is stored.
      work[base + token / 4u][token % 4u] = v;
    }
  }
}

// Token of the largest processed logit.
fn largest(base: u32, lane: u32) -> u32 {
  var peaks = vec4<f32>(NEVER * 2.0);
  var at = vec4<u32>(0u);
  for (var i = lane; i < CHUNKS; i += W) {
    let v = work[base + i];
    let better = v > peaks;
    peaks = select(peaks, v, better);
    at = select(at, vec4<u32>(i), better);
  }
  let peak = group_max(max4(peaks), lane);
  let ids = select(vec4<u32>(0xffffffffu), at * 4u + vec4<u32>(0u, 1u, 2u, 3u), peaks == vec4<f32>(peak));
  return min(group_min_u32(min(min(ids.x, ids.y), min(ids.z, ids.w)), lane), VOCAB - 1u);
}

// log(sum(exp(logits))) of the row as the model gave it.
fn normaliser(base: u32, lane: u32) -> f32 {
  var peaks = vec4<f32>(NEVER);
  for (var i = lane; i < CHUNKS; i += W) {
    peaks = max(peaks, select(vec4<f32>(NEVER), logits[base + i], tokens_of(i) < vec4<u32>(VOCAB)));
  }
  let peak = group_max(max4(peaks), lane);
  var total = vec4<f32>(0.0);
  for (var i = lane; i < CHUNKS; i += W) {
    total += select(vec4<f32>(0.0), exp(logits[base + i] - vec4<f32>(peak)), tokens_of(i) < vec4<u32>(VOCAB));
  }
  return peak + log(group_sum(sum4(total), lane));
}

fn draw(row: u32, best: u32, lane: u32) -> u32 {
  let base = row * STRIDE4;
  let p = params[row];
  let peak = work[base + best / 4u][best % 4u];
  storageBarrier();
  weigh(base, peak, 1.0 / p.temperature, lane);

  // Every lane's list of chunks, one after the other at lane, lane + W, …; compaction shortens it.
  var count = (CHUNKS + W - 1u - lane) / W;
  var threshold = LEAST;
  if (p.top_k > 0u && p.top_k < VOCAB) {
    threshold = bisect(base, &count, LEAST, 0.0, p.top_k, lane);
  }
  if (p.top_p < 1.0) {
    let wanted = p.top_p * mass_above(base, count, threshold, lane);
    threshold = bisect(base, &count, threshold, wanted, 0u, lane);
  }
  threshold = max(threshold, bitcast<u32>(clamp(p.min_p, 0.0, 1.0)));
  return invert(base, count, threshold, uniform_of(p.seed_low, p.seed_high, p.step), best, lane);
}

fn weigh(base: u32, peak: f32, rate: f32, lane: u32) {
  for (var i = lane; i < CHUNKS; i += W) {
    // Past -100 an exponential is 0 in f32.
    work[base + i] = exp(max((work[base + i] - vec4<f32>(peak)) * rate, vec4<f32>(-100.0)));
    chunk_ids[base + i] = i;
  }
}

// The token where the running sum of what is left first exceeds u times the total. Totals and running sums are added in
// the same order, so that the last lane and segment cannot fall short by rounding.
fn invert(base: u32, count: u32, threshold: u32, u: f32, best: u32, lane: u32) -> u32 {
  let least = vec4<f32>(bitcast<f32>(threshold));
  var own = 0.0;
  for (var from_chunk = 0u; from_chunk < count; from_chunk += SEGMENT) {
    own += segment_mass(base, from_chunk, count, least, lane);
  }
  lane_mass[lane] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < W; i++) {
    total += lane_mass[i];
  }
  let wanted = u * total;
  var before = 0.0;
  for (var i = 0u; i < lane; i++) {
    before += lane_mass[i];
  }
  var token = 0xffffffffu;
  if (before <= wanted && wanted < before + own) {
    token = walk(base, count, least, wanted - before, lane);
  }
  let found = group_min_u32(token, lane);
  return select(found, best, found >= VOCAB);
}

fn segment_mass(base: u32, from_chunk: u32, count: u32, least: vec4<f32>, lane: u32) -> f32 {
  var mass = vec4<f32>(0.0);
  for (var j = from_chunk; j < min(from_chunk + SEGMENT, count); j++) {
    let v = work[base + lane + j * W];
    mass += select(vec4<f32>(0.0), v, v >= least);
  }
  return sum4(mass);
}

fn walk(base: u32, count: u32, least: vec4<f32>, wanted: f32, lane: u32) -> u32 {
  var running = 0.0;
  var from_chunk = 0u;
  while (from_chunk < count) {
    let next = running + segment_mass(base, from_chunk, count, least, lane);
    if (wanted < next) {
      break;
    }
    running = next;
    from_chunk += SEGMENT;
  }
  // Inside the segment the order of additions differs: where rounding lets the sum fall short, the last candidate is it.
  var token = 0xffffffffu;
  var done = false;
  var j = from_chunk;
  while (!done && j < min(from_chunk + SEGMENT, count)) {
    let id = chunk_ids[base + lane + j * W] * 4u;
    for (var c = 0u; c < 4u; c++) {
      let p = work[base + lane + j * W][c];
      if (!done && p >= least.x) {
        running += p;
        token = id + c;
        done = wanted < running;
      }
    }
    j += 1u;
  }
  return token;
}

// PCG's output permutation (O'Neill 2014) as a hash, chained over step and seed: it counts, so nothing is stored, and a
// row's draw does not depend on what else is in the batch. In [0, 1), 24 bits.
fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn uniform_of(seed_low: u32, seed_high: u32, step: u32) -> f32 {
  let hash = pcg(pcg(pcg(step) ^ seed_high) ^ seed_low);
  return f32(hash >> 8u) / 16777216.0;
}
