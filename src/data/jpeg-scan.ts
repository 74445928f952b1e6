// How the blocks of a scan are coded: all at once, or progressively, first roughly and then bit by bit.

import { type EntropyReader, type HuffmanTable, JpegDamage } from './jpeg-entropy.js';

/** What a scan header says. */
export interface ScanParameters {
  readonly components: readonly { readonly id: number; readonly dcTable: number; readonly acTable: number }[];
  readonly progressive: boolean;
  /** Its coefficients, in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** Whether one more bit of known coefficients comes, and new ones. */
  readonly isRefinement: boolean;
}

/** A block of 64 coefficients. */
export interface Block {
  /** For the whole component: whether coefficients are known not to be zero, */
  readonly nonzero: Uint8Array;
  /** those of this block from here on. */
  at: number;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

/** Reads one block after the other. */
export interface BlockDecoder {
  block(block: Block): void;
  /** After a restart marker. */
  restart(): void;
}

/** The decoder that a scan needs. */
export function decoderOf(reader: EntropyReader, scan: ScanParameters): BlockDecoder {
  const stateless = (block: BlockDecoder['block']): BlockDecoder => ({ block, restart: () => undefined });
  if (!scan.progressive) return stateless(block => readSequential(reader, block));
  if (scan.first === 0) {
    if (scan.isRefinement) return stateless(() => void reader.receive(1));
    return stateless(block => void readDc(reader, block));
  }
  const bands = new BandDecoder(reader, scan);
  return {
    block: block => (scan.isRefinement ? bands.refine(block) : bands.read(block)),
    restart: () => bands.restart(),
  };
}

/** Every coefficient of a block. */
function readSequential(reader: EntropyReader, block: Block): void {
  readDc(reader, block);
  const table = tableOf(block.ac);
  for (let at = 1; at < 64; at++) {
    const symbol = reader.decode(table);
    const size = symbol & 15;
    const zeros = symbol >> 4;
    if (size === 0) {
      if (zeros !== 15) return;
      at += 15;
    } else {
      at += zeros;
      if (at > 63) throw new JpegDamage('damaged: it holds codes that mean nothing');
      reader.receive(size);
    }
  }
}

function readDc(reader: EntropyReader, { dc }: Block): void {
  const size = reader.decode(tableOf(dc));
  if (size > 16) throw new JpegDamage('damaged: it holds codes that mean nothing');
  reader.receive(size);
}

function tableOf(table: HuffmanTable | undefined): HuffmanTable {
  if (table === undefined) throw new JpegDamage('damaged: a table of codes is missing');
  return table;
}

/** A band of coefficients of a progressive scan. */
class BandDecoder {
  /** Blocks, this one included, that have nothing more to come. */
  #endOfBand = 0;

  constructor(
    readonly reader: EntropyReader,
    readonly scan: ScanParameters,
  ) {}

  restart(): void {
    this.#endOfBand = 0;
  }

  read({ ac, nonzero, at }: Block): void {
    const { reader } = this;
    if (this.#endOfBand > 0) {
      this.#endOfBand -= 1;
      return;
    }
    const table = tableOf(ac);
    for (let place = this.scan.first; place <= this.scan.last; place++) {
      const symbol = reader.decode(table);
      const size = symbol & 15;
      const zeros = symbol >> 4;
      if (size === 0 && zeros < 15) {
        this.#endOfBand = (1 << zeros) + reader.receive(zeros) - 1;
        return;
      }
      place += zeros;
      if (size === 0) continue;
      if (place > this.scan.last) throw new JpegDamage('damaged: it holds codes that mean nothing');
      reader.receive(size);
      nonzero[at + place] = 1;
    }
  }

  /** One more bit for every coefficient that is known, wherever they lie between the new ones. */
  refine(block: Block): void {
    const { reader } = this;
    let place = this.scan.first;
    if (this.#endOfBand === 0) {
      const table = tableOf(block.ac);
      for (; place <= this.scan.last; place++) {
        const symbol = reader.decode(table);
        const size = symbol & 15;
        const zeros = symbol >> 4;
        if (size > 1) throw new JpegDamage('damaged: it holds codes that mean nothing');
        if (size === 0 && zeros < 15) {
          this.#endOfBand = (1 << zeros) + reader.receive(zeros);
          break;
        }
        if (size === 1) reader.receive(1);
        place = this.#refineKnown(block, place, zeros);
        if (size === 1 && place <= this.scan.last) block.nonzero[block.at + place] = 1;
      }
    }
    if (this.#endOfBand > 0) {
      this.#refineKnown(block, place, Number.POSITIVE_INFINITY);
      this.#endOfBand -= 1;
    }
  }

  /** @returns the place after so many coefficients that are still zero, or beyond the last */
  #refineKnown({ nonzero, at }: Block, from: number, zeros: number): number {
    let left = zeros;
    let place = from;
    for (; place <= this.scan.last; place++) {
      if (nonzero[at + place] === 1) this.reader.receive(1);
      else if (left-- === 0) break;
    }
    return place;
  }
}
