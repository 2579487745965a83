// What attention over packed texts shares, forward and backward. Several texts lie one after another in `rows`; a row sees
// itself and the rows before it of its own text, at most WINDOW of them.
//
//   segments [rows]: (first row, row after the last) of the text of each row

struct Params {
  rows: u32,
}

override W: u32 = 1u;
override HEADS: u32;
override KV_HEADS: u32;
// vec4s of a head.
override D4: u32;
override SCALE: f32;
override WINDOW: u32 = 0xffffffffu;
// Rows of a tile (a multiple of 4), and how many rows of the other side are taken at a time (a multiple of 4).
override TILE: u32 = 16u;
override CHUNK: u32 = 32u;

var<workgroup> uniform_value: u32;

// The first row that a row sees.
fn first_seen(row: u32, start: u32) -> u32 {
  var first = start;
  if (WINDOW <= row) {
    first = max(start, row - WINDOW + 1u);
  }
  return first;
}

fn same_everywhere(value: u32, lane: u32) -> u32 {
  if (lane == 0u) {
    uniform_value = value;
  }
  let result = workgroupUniformLoad(&uniform_value);
  return result;
}
