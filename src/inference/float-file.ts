// Batches on their way to another process and back: through files, which the system keeps in memory. A pipe between Node's
// processes takes four to nine times as long.

import { type FileHandle, open } from 'node:fs/promises';
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
    const bytes = bytesOf(values);
    try {
      for (let done = 0; done < bytes.length; )
        done += (await this.file.write(bytes, done, bytes.length - done, done)).bytesWritten;
    } catch (error) {
      throw explainWriteFailure(this.path, error, 'TMPDIR');
    }
  }

  /**
   * Fills an array with the first numbers.
   * @throws Error where there are fewer
   */
  async read(target: Float32Array): Promise<void> {
    const bytes = bytesOf(target);
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

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
