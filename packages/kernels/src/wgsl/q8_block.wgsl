// 32 activations to int8 with one scale, as in quantize.wgsl: d = max|x| / 127, q = round(x / d).

struct Q8Block {
  // The 32 int8, ascending.
  low: vec4<u32>,
  high: vec4<u32>,
  // (d, d * sum of the 32 int8)
  scale: vec2<f32>,
}

fn q8_block(
  v0: vec4<f32>, v1: vec4<f32>, v2: vec4<f32>, v3: vec4<f32>,
  v4: vec4<f32>, v5: vec4<f32>, v6: vec4<f32>, v7: vec4<f32>,
) -> Q8Block {
  let even = max(max(abs(v0), abs(v1)), max(abs(v2), abs(v3)));
  let odd = max(max(abs(v4), abs(v5)), max(abs(v6), abs(v7)));
  let peak = max(even, odd);
  let amax = max(max(peak.x, peak.y), max(peak.z, peak.w));
  let d = amax / 127.0;
  let inverse = select(0.0, 127.0 / amax, amax > 0.0);
  let q0 = vec4<i32>(round(v0 * inverse));
  let q1 = vec4<i32>(round(v1 * inverse));
  let q2 = vec4<i32>(round(v2 * inverse));
  let q3 = vec4<i32>(round(v3 * inverse));
  let q4 = vec4<i32>(round(v4 * inverse));
  let q5 = vec4<i32>(round(v5 * inverse));
  let q6 = vec4<i32>(round(v6 * inverse));
  let q7 = vec4<i32>(round(v7 * inverse));
  let sum = ((q0 + q1) + (q2 + q3)) + ((q4 + q5) + (q6 + q7));
  return Q8Block(
    vec4<u32>(pack4xI8(q0), pack4xI8(q1), pack4xI8(q2), pack4xI8(q3)),
    vec4<u32>(pack4xI8(q4), pack4xI8(q5), pack4xI8(q6), pack4xI8(q7)),
    vec2<f32>(d, d * f32(sum.x + sum.y + sum.z + sum.w)),
  );
}
