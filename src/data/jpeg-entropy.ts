// The bits of a JPEG's coded data, and the Huffman codes that they are made of.

import { FinetuneError } from '../errors.js';

/** Coded data that no encoder writes. The message is for people. */
export class JpegDamage extends FinetuneError {
  constructor(message: string) {
    super('bad-image', message);
  }
}

/** Codes of up to so many bits are looked up at once. */
const lookupBits = 9;

/** A table of codes, as a DHT segment defines it. */
export class HuffmanTable {
  /** Bytes that its definition takes. */
  readonly length: number;
  /** By the next bits: length of the code times 256, plus its symbol; 0 for longer codes and for none. */
  readonly lookup = new Uint16Array(1 << lookupBits);
  readonly symbols: Buffer;
  /** By the length of a code: the largest of that length, or -1, */
  readonly largest = new Int32Array(17).fill(-1);
  /** and what to add to a code of that length for the place of its symbol. */
  readonly offsets = new Int32Array(17);

  /** @throws JpegDamage for a definition that makes no sense */
  constructor(body: Buffer, at: number) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.length = 17 + total;
    this.symbols = body.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || this.symbols.length < total || total > 256)
      throw new JpegDamage('damaged: a table of codes makes no sense');
    let code = 0;
    let place = 0;
    for (const [i, count] of counts.entries()) {
      const bits = i + 1;
      this.offsets[bits] = place - code;
      for (let end = place + count; place < end; place++, code++)
        this.#add(code, bits, this.symbols.readUInt8(place));
      if (count > 0) this.largest[bits] = code - 1;
      if (code > 1 << bits) throw new JpegDamage('damaged: a table of codes makes no sense');
      code <<= 1;
    }
  }

  #add(code: number, bits: number, symbol: number): void {
    if (bits > lookupBits) return;
    const first = code << (lookupBits - bits);
    this.lookup.fill((bits << 8) | symbol, first, first + (1 << (lookupBits - bits)));
  }
}

/** Reads bits up to the next marker. */
export class EntropyReader {
  #at: number;
  /** The lowest `#count` bits are to be read. */
  #bits = 0;
  #count = 0;

  constructor(
    readonly jpeg: Buffer,
    start: number,
  ) {
    this.#at = start;
  }

  /** @throws JpegDamage for a code that is in no table, or for data that end */
  decode(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const short = this.#count;
    const ahead =
      short >= lookupBits
        ? (this.#bits >>> (short - lookupBits)) & 511
        : (this.#bits << (lookupBits - short)) & 511;
    const entry = table.lookup[ahead]!;
    const length = entry >> 8;
    if (length > 0 && length <= short) {
      this.#count -= length;
      return entry & 255;
    }
    for (let bits = 1; bits <= 16; bits++) {
      if (bits > short) throw new JpegDamage('damaged: its data ends too early');
      const code = (this.#bits >>> (short - bits)) & ((1 << bits) - 1);
      const largest = table.largest[bits]!;
      if (largest >= 0 && code <= largest) {
        this.#count -= bits;
        return table.symbols.readUInt8(code + table.offsets[bits]!);
      }
    }
    throw new JpegDamage('damaged: it holds codes that mean nothing');
  }

  /**
   * Reads up to 16 bits.
   * @throws JpegDamage where there are not so many
   */
  receive(count: number): number {
    if (count === 0) return 0;
    if (this.#count < count) this.#fill();
    if (this.#count < count) throw new JpegDamage('damaged: its data ends too early');
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  /**
   * Goes on behind the restart marker of this number.
   * @throws JpegDamage where it does not follow
   */
  restart(number: number): void {
    const at = this.finish();
    if (this.jpeg[at + 1] !== 0xd0 + (number % 8))
      throw new JpegDamage('damaged: a part of its data is missing');
    this.#at = at + 2;
  }

  /**
   * Ends reading. The last byte may be filled up with any bits.
   * @returns where the next marker is
   * @throws JpegDamage where data is left over
   */
  finish(): number {
    const left = this.#count >> 3;
    this.#count = 0;
    let at = this.#at;
    while (this.jpeg[at] === 0xff && this.jpeg[at + 1] === 0xff) at++;
    const isMarker = this.jpeg[at] === 0xff && this.jpeg[at + 1] !== undefined && this.jpeg[at + 1] !== 0;
    if (at >= this.jpeg.length - 1) throw new JpegDamage('cut short: the file ends too early');
    if (left > 0 || !isMarker) throw new JpegDamage('damaged: data is left over');
    return at;
  }

  /** Up to 25 bits and more, as long as there are any before a marker. */
  #fill(): void {
    while (this.#count <= 16) {
      const byte = this.jpeg[this.#at];
      if (byte === undefined) return;
      if (byte === 0xff) {
        if (this.jpeg[this.#at + 1] !== 0) return;
        this.#at += 2;
      } else {
        this.#at += 1;
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
