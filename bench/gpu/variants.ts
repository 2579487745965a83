import type { DeviceInfo, MatmulTile } from "@tugboat/kernels";

/** How one product is run: lanes of a workgroup and the tile; no tile means the product's own. */
export interface Variant {
  readonly workgroupSize: number;
  readonly tile?: MatmulTile;
}

/** What `Matmul` calls them: up to 3 rows of x, or more. */
export type RowKind = "few" | "many";

/** From this many rows on a product uses its tile for many rows. */
const MANY_ROWS = 4;

/** Workgroup memory that a kernel takes beside the sums of its lanes, at most. */
const KERNEL_MEMORY = 256;

/** The kernel keeps as many accumulators. */
const LARGEST_TILE = 16;

export function rowKind(rows: number): RowKind {
  return rows < MANY_ROWS ? "few" : "many";
}

/** What the product does untold first, then a small set to try; none that the device's workgroup memory can't hold. */
export function variantsFor(info: DeviceInfo, kind: RowKind): Variant[] {
  const variants = kind === "few" ? fewVariants() : manyVariants();
  const room = info.maxWorkgroupMemory - KERNEL_MEMORY;
  const fits = ({ tile: { panels, rows }, workgroupSize }: Required<Variant>) =>
    panels * rows <= LARGEST_TILE && workgroupSize * panels * rows * 16 <= room;
  return [{ workgroupSize: info.workgroupSize }, ...variants.filter(fits)];
}

function fewVariants(): Required<Variant>[] {
  return [32, 64, 128, 256].flatMap((workgroupSize) =>
    [1, 2, 4].map((panels) => ({ workgroupSize, tile: { panels, rows: 1, groupTiles: 1, groupRows: 4 } })),
  );
}

function manyVariants(): Required<Variant>[] {
  return [32, 64, 128].flatMap((workgroupSize) =>
    [2, 4].flatMap((panels) =>
      [2, 4].flatMap((rows) =>
        [16, 64].map((groupRows) => ({ workgroupSize, tile: { panels, rows, groupTiles: 1, groupRows } })),
      ),
    ),
  );
}

export function describeVariant({ tile, workgroupSize }: Variant): string {
  if (tile === undefined) return `${workgroupSize} lanes, the product's tile`;
  const { groupRows, panels, rows } = tile;
  return `${workgroupSize} lanes, ${panels} panels × ${rows} rows${rows > 1 ? `, ${groupRows} rows a group` : ""}`;
}
