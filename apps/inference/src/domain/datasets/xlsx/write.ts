import { crc32, createDeflateRaw } from "node:zlib";

const encoder = new TextEncoder();
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const relations = "http://schemas.openxmlformats.org/package/2006/relationships";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const sheetMl = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** Everything of a workbook but its rows. */
const parts: readonly (readonly [string, string])[] = [
  [
    "[Content_Types].xml",
    `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${sheetMl}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${sheetMl}.worksheet+xml"/></Types>`,
  ],
  [
    "_rels/.rels",
    `<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    "xl/workbook.xml",
    `<workbook ${main} xmlns:r="${office}"><sheets><sheet name="examples" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    "xl/_rels/workbook.xml.rels",
    `<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
  ],
];

/** A cell of a spreadsheet holds no more characters. */
const longestCell = 32_767;

/** A workbook (ECMA-376) of one sheet, whose cells are texts and never formulas, piece by piece. */
export async function* writeSheet(rows: AsyncIterable<readonly string[]>): AsyncGenerator<Uint8Array> {
  const zip = new ZipWriter();
  for (const [name, xml] of parts) yield* zip.add(name, once(declaration + xml));
  yield* zip.add("xl/worksheets/sheet1.xml", sheet(rows));
  yield zip.end();
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* sheet(rows: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  yield `${declaration}<worksheet ${main}><sheetData>`;
  let number = 0;
  for await (const row of rows) {
    number++;
    const cells = row.map((cell, i) => `<c r="${columnName(i)}${number}" t="inlineStr"><is>${text(cell)}</is></c>`);
    yield `<row r="${number}">${cells.join("")}</row>`;
  }
  yield "</sheetData></worksheet>";
}

function text(cell: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no place for them
  const plain = cell.slice(0, longestCell).replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "");
  const escaped = plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  // What looks like an escape of the format is escaped itself, and so are carriage returns, which XML would change.
  const kept = escaped.replaceAll(/_(x[0-9A-Fa-f]{4}_)/g, "_x005F_$1").replaceAll("\r", "_x000D_");
  return `<t xml:space="preserve">${kept}</t>`;
}

function columnName(index: number): string {
  let name = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

interface Written {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

/** A ZIP archive as it is written: sizes follow their data (APPNOTE 6.3.10, 4.3.9). */
class ZipWriter {
  #offset = 0;
  readonly #entries: Written[] = [];

  async *add(name: string, content: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
    const label = encoder.encode(name);
    const offset = this.#offset;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(20, 4);
    header.writeUInt16LE(0x0808, 6);
    header.writeUInt16LE(8, 8);
    header.writeUInt16LE(0x21, 12);
    header.writeUInt16LE(label.length, 26);
    yield* this.#send(header, label);
    let crc = 0;
    let size = 0;
    let compressed = 0;
    const deflate = createDeflateRaw({ level: 6 });
    const feed = (async () => {
      for await (const piece of content) {
        const bytes = encoder.encode(piece);
        crc = crc32(bytes, crc);
        size += bytes.length;
        if (!deflate.write(bytes)) await new Promise<void>((resolve) => deflate.once("drain", resolve));
      }
      deflate.end();
    })().catch((error: unknown) => {
      deflate.destroy(error instanceof Error ? error : new Error(String(error)));
    });
    for await (const chunk of deflate) {
      compressed += chunk.length;
      yield* this.#send(chunk);
    }
    await feed;
    const trailer = Buffer.alloc(16);
    trailer.writeUInt32LE(0x08074b50, 0);
    trailer.writeUInt32LE(crc, 4);
    trailer.writeUInt32LE(compressed, 8);
    trailer.writeUInt32LE(size, 12);
    yield* this.#send(trailer);
    this.#entries.push({ name: label, crc, compressed, size, offset });
  }

  end(): Uint8Array {
    const start = this.#offset;
    const records = this.#entries.map(({ compressed, crc, name, offset, size }) => {
      const record = Buffer.alloc(46);
      record.writeUInt32LE(0x02014b50, 0);
      record.writeUInt16LE(20, 4);
      record.writeUInt16LE(20, 6);
      record.writeUInt16LE(0x0808, 8);
      record.writeUInt16LE(8, 10);
      record.writeUInt16LE(0x21, 14);
      record.writeUInt32LE(crc, 16);
      record.writeUInt32LE(compressed, 20);
      record.writeUInt32LE(size, 24);
      record.writeUInt16LE(name.length, 28);
      record.writeUInt32LE(offset, 42);
      return Buffer.concat([record, name]);
    });
    const directory = Buffer.concat(records);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(records.length, 8);
    end.writeUInt16LE(records.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(start, 16);
    return Buffer.concat([directory, end]);
  }

  *#send(...pieces: Uint8Array[]): Generator<Uint8Array> {
    for (const piece of pieces) {
      this.#offset += piece.length;
      yield piece;
    }
  }
}
