// x [rows, 4*DIM4] f32, in place: x *= SCALE, then with SOFTCAP > 0 x = SOFTCAP * tanh(x / SOFTCAP)
// (Gemma 2, https://arxiv.org/abs/2408.00118, section 2).
//
// Workgroups: x counts pieces of a row, y counts rows.

override W: u32 = 1u;
override DIM4: u32;
override SCALE: f32 = 1.0;
override SOFTCAP: f32 = 0.0;
// vec4s of a row that one workgroup takes.
override GROUP4: u32 = 1024u;

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * DIM4;
  for (var i = group.x * GROUP4 + lane; i < min((group.x + 1u) * GROUP4, DIM4); i += W) {
    var v = x[row + i] * SCALE;
    if (SOFTCAP > 0.0) {
      // Some drivers overflow in tanh; it is 1 in f32 from 10 on.
      v = SOFTCAP * tanh(clamp(v / SOFTCAP, vec4<f32>(-10.0), vec4<f32>(10.0)));
    }
    x[row + i] = v;
  }
}
