/**
 * Transcendental functions as WGSL over `vec4<f32>`, compiled with the kernels that use them.
 * Relative error is a few units in the last place over the range that models use; the tests give the figures.
 */
import type { FunctionDecl } from "./wgsl/ast.ts";
import { parse } from "./wgsl/parser.ts";

const source = /* wgsl */ `
// 2^n e^t by the Taylor series of degree 8. 'z' is n + 1.5 * 2^23, which leaves n in the low bits: n is -127 (zero) to 127.
fn tug_scaled(t: vec4<f32>, z: vec4<f32>) -> vec4<f32> {
  var p = fma(t, vec4<f32>(1.0 / 40320.0), vec4<f32>(1.0 / 5040.0));
  p = fma(p, t, vec4<f32>(1.0 / 720.0));
  p = fma(p, t, vec4<f32>(1.0 / 120.0));
  p = fma(p, t, vec4<f32>(1.0 / 24.0));
  p = fma(p, t, vec4<f32>(1.0 / 6.0));
  p = fma(p, t, vec4<f32>(0.5));
  p = fma(p, t, vec4<f32>(1.0));
  p = fma(p, t, vec4<f32>(1.0));
  return p * bitcast<vec4<f32>>((bitcast<vec4<u32>>(z) + 127u) << vec4<u32>(23u));
}
// n = round(x) but 127 at most, so that its scale is a float; t = (x - n) ln 2, up to ln 2 at that end, else half of it.
fn tug_exp2(x: vec4<f32>) -> vec4<f32> {
  let c = min(max(x, vec4<f32>(-127.0)), vec4<f32>(128.0));
  let z = min(c + 12582912.0, vec4<f32>(12583039.0));
  let t = (c - (z - 12582912.0)) * 0.6931471805599453;
  return select(tug_scaled(t, z), bitcast<vec4<f32>>(vec4<u32>(0x7f800000u)), x >= vec4<f32>(128.0));
}
// e^x with Cody and Waite's split of ln 2, so that large x lose nothing.
fn tug_exp(x: vec4<f32>) -> vec4<f32> {
  let c = min(max(x, vec4<f32>(-88.0)), vec4<f32>(88.72284));
  let z = min(fma(c, vec4<f32>(1.4426950408889634), vec4<f32>(12582912.0)), vec4<f32>(12583039.0));
  let n = z - 12582912.0;
  let t = fma(n, vec4<f32>(-1.42860677e-6), fma(n, vec4<f32>(-0.693145751953125), c));
  return select(tug_scaled(t, z), bitcast<vec4<f32>>(vec4<u32>(0x7f800000u)), x > vec4<f32>(88.72284));
}
// log2 by the series of atanh: ln m = 2 (s + s^3/3 + ...), s = (m - 1) / (m + 1), sqrt(1/2) <= m < sqrt(2).
fn tug_log2(x: vec4<f32>) -> vec4<f32> {
  let tiny = x < vec4<f32>(1.17549435e-38);
  let y = select(x, x * 16777216.0, tiny);
  let bits = bitcast<vec4<i32>>(y);
  let shifted = bits - vec4<i32>(0x3f3504f3);
  let e = shifted >> vec4<u32>(23u);
  let m = bitcast<vec4<f32>>(bits - (e << vec4<u32>(23u)));
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  var p = fma(z, vec4<f32>(1.0 / 11.0), vec4<f32>(1.0 / 9.0));
  p = fma(p, z, vec4<f32>(1.0 / 7.0));
  p = fma(p, z, vec4<f32>(1.0 / 5.0));
  p = fma(p, z, vec4<f32>(1.0 / 3.0));
  p = fma(p, z, vec4<f32>(1.0));
  let fraction = p * s * 2.8853900817779268;
  let exponent = vec4<f32>(e) - select(vec4<f32>(0.0), vec4<f32>(24.0), tiny);
  let r = exponent + fraction;
  let infinite = select(r, x, x == bitcast<vec4<f32>>(vec4<u32>(0x7f800000u)));
  let zero = select(infinite, bitcast<vec4<f32>>(vec4<u32>(0xff800000u)), x == vec4<f32>(0.0));
  return select(zero, bitcast<vec4<f32>>(vec4<u32>(0x7fc00000u)), (x < vec4<f32>(0.0)) | (x != x));
}
fn tug_log(x: vec4<f32>) -> vec4<f32> {
  return tug_log2(x) * 0.6931471805599453;
}
fn tug_tanh(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(10.0));
  let e = tug_exp(a * -2.0);
  let big = (1.0 - e) / (1.0 + e);
  let z = x * x;
  var p = fma(z, vec4<f32>(-17.0 / 315.0), vec4<f32>(2.0 / 15.0));
  p = fma(p, z, vec4<f32>(-1.0 / 3.0));
  p = fma(p * z, x, x);
  return select(select(big, -big, x < vec4<f32>(0.0)), p, a < vec4<f32>(0.1));
}
// sin and cos: reduction by pi/2 in three parts (Cody and Waite), then Taylor series on [-pi/4, pi/4].
fn tug_trig(x: vec4<f32>, turn: i32) -> vec4<f32> {
  let n = round(x * 0.6366197723675814);
  var t = fma(n, vec4<f32>(-1.5703125), x);
  t = fma(n, vec4<f32>(-4.837512969970703e-4), t);
  t = fma(n, vec4<f32>(-7.549789948768648e-8), t);
  let q = vec4<i32>(n) + turn;
  let z = t * t;
  var s = fma(z, vec4<f32>(2.7557319e-6), vec4<f32>(-1.9841270e-4));
  s = fma(s, z, vec4<f32>(8.3333333e-3));
  s = fma(s, z, vec4<f32>(-0.16666667));
  s = fma(s * z, t, t);
  var c = fma(z, vec4<f32>(2.4801587e-5), vec4<f32>(-1.3888889e-3));
  c = fma(c, z, vec4<f32>(4.1666667e-2));
  c = fma(c, z, vec4<f32>(-0.5));
  c = fma(c, z, vec4<f32>(1.0));
  let odd = (q & vec4<i32>(1)) == vec4<i32>(1);
  let r = select(s, c, odd);
  return select(r, -r, (q & vec4<i32>(2)) == vec4<i32>(2));
}
fn tug_sin(x: vec4<f32>) -> vec4<f32> { return tug_trig(x, 0); }
fn tug_cos(x: vec4<f32>) -> vec4<f32> { return tug_trig(x, 1); }
// Half to float, exact for every half: scaling by 2^112 moves the exponent, subnormals included.
fn tug_from_half(h: vec4<u32>) -> vec4<f32> {
  let magnitude = (h & vec4<u32>(0x7fffu)) << vec4<u32>(13u);
  let scaled = bitcast<vec4<u32>>(bitcast<vec4<f32>>(magnitude) * bitcast<vec4<f32>>(vec4<u32>(0x77800000u)));
  let special = select(scaled, magnitude | vec4<u32>(0x7f800000u), magnitude >= vec4<u32>(0x0f800000u));
  return bitcast<vec4<f32>>(special | ((h & vec4<u32>(0x8000u)) << vec4<u32>(16u)));
}
// Float to half, to nearest, ties to even; overflow becomes infinity.
fn tug_to_half(x: vec4<f32>) -> vec4<u32> {
  let bits = bitcast<vec4<u32>>(x);
  let sign = (bits >> vec4<u32>(16u)) & vec4<u32>(0x8000u);
  let m = bits & vec4<u32>(0x7fffffffu);
  let rounded = (m + vec4<u32>(0x0fffu) + ((m >> vec4<u32>(13u)) & vec4<u32>(1u)) - vec4<u32>(0x38000000u)) >> vec4<u32>(13u);
  // Below 2^-14: adding 2^-1 aligns the half's last subnormal bit with the float's last bit.
  let small = bitcast<vec4<u32>>(bitcast<vec4<f32>>(m) + 0.5) - vec4<u32>(0x3f000000u);
  let finite = select(rounded, small, m < vec4<u32>(0x38800000u));
  let big = select(finite, vec4<u32>(0x7c00u), m >= vec4<u32>(0x477ff000u));
  return select(big, vec4<u32>(0x7e00u), m > vec4<u32>(0x7f800000u)) | sign;
}
`;

let parsed: ReadonlyMap<string, FunctionDecl> | undefined;
export function mathFunctions(): ReadonlyMap<string, FunctionDecl> {
  parsed ??= parse(source).functions;
  return parsed;
}
