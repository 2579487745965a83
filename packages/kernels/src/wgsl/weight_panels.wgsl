// A weight [N, K] of any type, some of its panels of 4 rows, as f32 for `gemm`: W, or W + LORA_SCALE * B * A with a low-rank
// adapter (Hu et al. 2021, https://arxiv.org/abs/2106.09685) merged on the way.
//
//   quants, scales: see ops/weight.ts; TYPE: 0 f32, 1 f16, 2 bf16, 3 q8_0, 4 q4_0, 5 q4_K, 6 q6_K
//   lora_a: A [RANK, K] in panels of 4 rows; lora_b: B [N, RANK] row by row; RANK a multiple of 4
//   out: [panel * K + i] = the 4 rows at input i; TRANSPOSED: [i4 * rows + row] = inputs 4 i4 … 4 i4 + 3 of a row
//
// Workgroups: x counts PANELS panels from params.first_panel on, y counts pieces of GROUP4 fours of inputs. Panels are taken
// side by side, so that rows of the transposed lie in one cache line and not each in its own.
// requires: prelude

struct Params {
  first_panel: u32,
  // Rows written: those of the panels, without what pads the last.
  rows: u32,
}

override W: u32 = 1u;
override TYPE: u32;
override N: u32;
override K: u32;
override TRANSPOSED: bool = false;
override RANK: u32 = 0u;
override LORA_SCALE: f32 = 1.0;
override GROUP4: u32 = 4096u;
override PANELS: u32 = 1u;
override RANK_HELD: u32 = max(RANK, 1u);
// Elements of both buffers: indices are in bounds, but not by a proof that compilers find.
override QUANTS: u32;
override SCALES: u32;

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;
@group(0) @binding(2) var<storage, read> lora_a: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> lora_b: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;

// Column r of B for each panel's 4 rows, times LORA_SCALE.
var<workgroup> b_panel: array<vec4<f32>, PANELS * RANK_HELD>;

// 4 inputs, each of the 4 rows of a panel.
struct Four {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
  d: vec4<f32>,
}

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let panels = (params.rows + 3u) / 4u;
  if (RANK > 0u) {
    for (var t = lane; t < PANELS * RANK; t += W) {
      let row = (params.first_panel + group.x * PANELS + t / RANK_HELD) * 4u;
      let r = t % RANK_HELD;
      b_panel[t] = LORA_SCALE * vec4<f32>(b_of(row, r), b_of(row + 1u, r), b_of(row + 2u, r), b_of(row + 3u, r));
    }
    workgroupBarrier();
  }
  for (var i = group.y * GROUP4 + lane; i < min((group.y + 1u) * GROUP4, K / 4u); i += W) {
    for (var p = 0u; p < PANELS; p++) {
      let panel = group.x * PANELS + p;
      if (panel < panels) {
        write_panel(panel, i, p);
      }
    }
  }
}

// 4 inputs of a panel, counted from params.first_panel on.
fn write_panel(panel: u32, i: u32, held: u32) {
  var w = weights(params.first_panel + panel, i);
  if (RANK > 0u) {
    for (var r = 0u; r < RANK / 4u; r++) {
      let at = r * K + i * 4u;
      let b = held * RANK + r * 4u;
      w.a += low_rank(lora_a[at], b);
      w.b += low_rank(lora_a[at + 1u], b);
      w.c += low_rank(lora_a[at + 2u], b);
      w.d += low_rank(lora_a[at + 3u], b);
    }
  }
  if (TRANSPOSED) {
    let row = panel * 4u;
    let at = i * params.rows + row;
    out[at] = vec4<f32>(w.a.x, w.b.x, w.c.x, w.d.x);
    if (row + 1u < params.rows) {
      out[at + 1u] = vec4<f32>(w.a.y, w.b.y, w.c.y, w.d.y);
    }
    if (row + 2u < params.rows) {
      out[at + 2u] = vec4<f32>(w.a.z, w.b.z, w.c.z, w.d.z);
    }
    if (row + 3u < params.rows) {
      out[at + 3u] = vec4<f32>(w.a.w, w.b.w, w.c.w, w.d.w);
    }
  } else {
    let at = panel * K + i * 4u;
    out[at] = w.a;
    out[at + 1u] = w.b;
    out[at + 2u] = w.c;
    out[at + 3u] = w.d;
  }
}

fn b_of(row: u32, r: u32) -> f32 {
  var value = 0.0;
  if (row < N) {
    value = lora_b[row * RANK + r];
  }
  return value;
}

// `b`: of the panel's columns, the first of the four.
fn low_rank(a: vec4<f32>, b: u32) -> vec4<f32> {
  return a.x * b_panel[b] + a.y * b_panel[b + 1u] + a.z * b_panel[b + 2u] + a.w * b_panel[b + 3u];
}

// Inputs 4i … 4i+3 of the panel.
fn weights(panel: u32, i: u32) -> Four {
  if (TYPE == 0u) {
    let at = panel * K + i * 4u;
    return Four(
      bitcast<vec4<f32>>(quant(at)),
      bitcast<vec4<f32>>(quant(at + 1u)),
      bitcast<vec4<f32>>(quant(at + 2u)),
      bitcast<vec4<f32>>(quant(at + 3u)),
    );
  }
  if (TYPE == 1u) {
    let first = quant(panel * (K / 2u) + i * 2u);
    let second = quant(panel * (K / 2u) + i * 2u + 1u);
    return Four(f16_lo(first), f16_hi(first), f16_lo(second), f16_hi(second));
  }
  if (TYPE == 2u) {
    let first = quant(panel * (K / 2u) + i * 2u);
    let second = quant(panel * (K / 2u) + i * 2u + 1u);
    return Four(bf16_lo(first), bf16_hi(first), bf16_lo(second), bf16_hi(second));
  }
  if (TYPE == 3u) {
    return scaled(quant(panel * (K / 4u) + i), vec4<f32>(0.0), simple_scale(panel, i / 8u));
  }
  if (TYPE == 4u) {
    // Words j of low nibbles are inputs 4j, of high nibbles 16 + 4j of the block.
    let word = quant((panel * (K / 32u) + i / 8u) * 4u + i % 4u) >> vec4<u32>(((i / 4u) % 2u) * 4u);
    return scaled(word & vec4<u32>(0x0f0f0f0fu), vec4<f32>(8.0), simple_scale(panel, i / 8u));
  }
  if (TYPE == 5u) {
    return q4_k(panel * (K / 256u) + i / 64u, i % 64u);
  }
  return q6_k(panel * (K / 256u) + i / 64u, i % 64u);
}

// (signed bytes − zero) * scale
fn scaled(word: vec4<u32>, zero: vec4<f32>, scale: vec4<f32>) -> Four {
  let w = bitcast<vec4<i32>>(word);
  let byte = vec4<u32>(24u);
  return Four(
    (vec4<f32>((w << byte) >> byte) - zero) * scale,
    (vec4<f32>((w << vec4<u32>(16u)) >> byte) - zero) * scale,
    (vec4<f32>((w << vec4<u32>(8u)) >> byte) - zero) * scale,
    (vec4<f32>(w >> byte) - zero) * scale,
  );
}

fn simple_scale(panel: u32, block: u32) -> vec4<f32> {
  let at = (panel * (K / 32u) + block) * 2u;
  return f16x4(vec2<u32>(scale_word(at), scale_word(at + 1u)));
}

fn scale_words(at: u32) -> vec4<u32> {
  return vec4<u32>(scale_word(at), scale_word(at + 1u), scale_word(at + 2u), scale_word(at + 3u));
}

// `i` counts fours within the super-block of 256.
fn q4_k(block: u32, i: u32) -> Four {
  let part = i / 16u;
  let upper = (i / 8u) % 2u;
  let word = quant(block * 32u + part * 8u + i % 8u) >> vec4<u32>(4u * upper);
  let factors = scale_words(block * 20u);
  let sub = scale_words((block * 5u + 1u + part) * 4u) >> vec4<u32>(8u * upper);
  let scale = f16_lo(factors) * vec4<f32>(sub & vec4<u32>(0xffu));
  let minimum = f16_hi(factors) * vec4<f32>((sub >> vec4<u32>(16u)) & vec4<u32>(0xffu));
  let w = scaled(word & vec4<u32>(0x0f0f0f0fu), vec4<f32>(0.0), scale);
  return Four(w.a - minimum, w.b - minimum, w.c - minimum, w.d - minimum);
}

fn q6_k(block: u32, i: u32) -> Four {
  let unit = (i / 32u) * 2u + (i / 4u) % 2u;
  let s = (i / 8u) % 4u;
  let at = (block * 4u + unit) * 12u + (i % 4u) * 3u;
  let nibbles = (quant(at + s % 2u) >> vec4<u32>(4u * (s / 2u))) & vec4<u32>(0x0f0f0f0fu);
  let upper = (quant(at + 2u) >> vec4<u32>(2u * s)) & vec4<u32>(0x03030303u);
  let run = i / 4u;
  let run_scales = bitcast<vec4<i32>>(scale_words((block * 5u + 1u + run / 4u) * 4u));
  let scale = (run_scales << vec4<u32>(24u - 8u * (run % 4u))) >> vec4<u32>(24u);
  let d = f16_lo(scale_words(block * 20u));
  return scaled(nibbles | (upper << vec4<u32>(4u)), vec4<f32>(32.0), d * vec4<f32>(scale));
}

fn quant(index: u32) -> vec4<u32> {
  return quants[min(index, QUANTS - 1u)];
}

fn scale_word(index: u32) -> u32 {
  return scales[min(index, SCALES - 1u)];
}
