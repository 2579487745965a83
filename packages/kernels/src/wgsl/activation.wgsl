// Activations of gated feed-forward networks. ACTIVATION: 0 SiLU, 1 GELU by tanh (Hendrycks and Gimpel 2016,
// https://arxiv.org/abs/1606.08415), 2 squared ReLU.

override ACTIVATION: u32 = 0u;

fn activate(v: vec4<f32>) -> vec4<f32> {
  var result = vec4<f32>(0.0);
  if (ACTIVATION == 0u) {
    // Past 80, exp would leave the range of f32 and the result is 0 anyway.
    result = v / (vec4<f32>(1.0) + exp(min(-v, vec4<f32>(80.0))));
  } else if (ACTIVATION == 1u) {
    let inner = 0.7978845608 * (v + 0.044715 * v * v * v);
    // Some drivers overflow in tanh; it is 1 in f32 from 10 on.
    result = 0.5 * v * (vec4<f32>(1.0) + tanh(clamp(inner, vec4<f32>(-10.0), vec4<f32>(10.0))));
  } else {
    let r = max(v, vec4<f32>(0.0));
    result = r * r;
  }
  return result;
}
