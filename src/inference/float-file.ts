// Batches on their way to another process and back: through files, which the system keeps in memory. A pipe between Node's
// processes takes four to nine times as long.

import { type FileHandle, open } from 'node:fs/promises';
import { writeAt } from '../system/write-at.js';
import { explainWriteFailure } from '../system/write-failure.js';

/** A file of 32-bit floats. */
export class FloatFile {
  private constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {}

  /** @param flags `w` for whoever makes the file, `r` for the other process */
  static async open(path: string, flags: 'w' | 'r'): Promise<FloatFile> {
    return new FloatFile(path, await open(path, `${flags}+`));
  }

  /**
   * Replaces the first numbers.
   * @throws FinetuneError `not-written` where the machine refuses
   */
  async write(values: Float32Array): Promise<void> {
    try {
      await writeAt(this.file, 0, values);
    } catch (error) {
      throw explainWriteFailure(this.path, error, 'TMPDIR');
    }
  }

  /**
   * Fills an array with the first numbers.
   * @throws Error where there are fewer
   */
  async read(target: Float32Array): Promise<void> {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.file.read(bytes, done, bytes.length - done, done);
      if (bytesRead === 0) throw new Error(`${done / 4} of ${target.length} numbers have arrived`);
      done += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
