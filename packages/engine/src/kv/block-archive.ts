/** A block as it is kept beyond the engine's life. */
export interface ArchivedBlock {
  /** As `StoredBlock` has them. */
  readonly key: string;
  readonly scope: string;
  readonly content: Uint8Array<ArrayBuffer>;
  /** Blocks before it in its text: where room is short the last ones go first. */
  readonly depth: number;
}

/** Keeps blocks of one model, for engines that come later. Whatever fails is told elsewhere: nothing is promised. */
export interface BlockArchive {
  /**
   * What is kept for a model, the last used first; anything damaged is passed over.
   * @param fingerprint of the model and all else that its blocks depend on: what was kept for another is of no use
   */
  open(fingerprint: string, blockBytes: number): AsyncIterable<Omit<ArchivedBlock, "depth">>;
  /** @returns whether it is kept now */
  write(block: ArchivedBlock): Promise<boolean>;
}
