/** Bytes of a WebAssembly module (WebAssembly Core Specification, Binary Format). */

export class Bytes {
  private data = new Uint8Array(1024);
  length = 0;
  private readonly view = new DataView(new ArrayBuffer(4));

  private room(n: number): void {
    if (this.length + n <= this.data.length) return;
    const larger = new Uint8Array(Math.max(this.data.length * 2, this.length + n));
    larger.set(this.data.subarray(0, this.length));
    this.data = larger;
  }

  byte(...values: number[]): this {
    this.room(values.length);
    for (const v of values) this.data[this.length++] = v;
    return this;
  }

  /** LEB128, unsigned 32-bit. */
  u32(value: number): this {
    let v = value >>> 0;
    do {
      const more = v > 0x7f;
      this.byte((v & 0x7f) | (more ? 0x80 : 0));
      v >>>= 7;
    } while (v !== 0);
    return this;
  }

  /** LEB128, signed 32-bit. */
  s32(value: number): this {
    let v = value | 0;
    for (;;) {
      const low = v & 0x7f;
      v >>= 7;
      if ((v === 0 && (low & 0x40) === 0) || (v === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  f32(value: number): this {
    this.view.setFloat32(0, value, true);
    return this.raw(new Uint8Array(this.view.buffer));
  }

  fixed32(value: number): this {
    this.view.setInt32(0, value, true);
    return this.raw(new Uint8Array(this.view.buffer));
  }

  raw(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.data.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u32(bytes.length).raw(bytes);
  }

  /** Length-prefixed content. */
  sized(build: (inner: Bytes) => void): this {
    const inner = new Bytes();
    build(inner);
    return this.u32(inner.length).raw(inner.done());
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}

export const valueType = { i32: 0x7f, f32: 0x7d, v128: 0x7b, i64: 0x7e } as const;

export interface ModuleParts {
  /** Parameters and results of each function type. */
  readonly types: readonly (readonly [parameters: readonly number[], results: readonly number[]])[];
  readonly memory: { readonly shared: boolean; readonly maximumPages: number };
  /** Imported immutable i32 globals, in order, from `env`. */
  readonly globals: readonly string[];
  readonly functions: readonly { readonly type: number; readonly body: Uint8Array; readonly exported?: string }[];
  /** Puts all functions into the imported table, from the index that this global holds. */
  readonly tableBase?: number;
}

/** Imports `env.memory` and `env.table`; functions index their types in `types`. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const out = new Bytes().byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (id: number, build: (b: Bytes) => void): void => {
    out.byte(id).sized(build);
  };
  section(1, (b) => {
    b.u32(parts.types.length);
    for (const [parameters, results] of parts.types)
      b.byte(0x60)
        .u32(parameters.length)
        .byte(...parameters)
        .u32(results.length)
        .byte(...results);
  });
  section(2, (b) => {
    b.u32(2 + parts.globals.length);
    b.text("env")
      .text("memory")
      .byte(0x02, parts.memory.shared ? 0x03 : 0x01)
      .u32(1)
      .u32(parts.memory.maximumPages);
    b.text("env").text("table").byte(0x01, 0x70, 0x00).u32(0);
    for (const g of parts.globals) b.text("env").text(g).byte(0x03, valueType.i32, 0x00);
  });
  section(3, (b) => {
    b.u32(parts.functions.length);
    for (const f of parts.functions) b.u32(f.type);
  });
  const exported = parts.functions.map((f, i) => [f.exported, i] as const).filter(([name]) => name !== undefined);
  if (exported.length > 0)
    section(7, (b) => {
      b.u32(exported.length);
      for (const [name, i] of exported) b.text(name!).byte(0x00).u32(i);
    });
  if (parts.tableBase !== undefined)
    section(9, (b) => {
      b.u32(1).u32(0).byte(0x23).u32(parts.tableBase!).byte(0x0b).u32(parts.functions.length);
      for (let i = 0; i < parts.functions.length; i++) b.u32(i);
    });
  section(10, (b) => {
    b.u32(parts.functions.length);
    for (const f of parts.functions) b.u32(f.body.length).raw(f.body);
  });
  return out.done();
}
