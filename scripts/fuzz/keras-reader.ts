// Who reads Keras' files for the fuzzer: the built program where there is one.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openKerasFile } from '../../src/formats/keras/keras-file.js';

/**
 * Its thread starts in a tenth of the time that one takes which reads sources.
 * @returns the sources' own where nothing is built
 */
export async function loadKerasReader(): Promise<typeof openKerasFile> {
  const path = resolve('dist/formats/keras/keras-file.js');
  if (!existsSync(path)) return openKerasFile;
  const built: { readonly openKerasFile: typeof openKerasFile } = await import(pathToFileURL(path).href);
  return built.openKerasFile;
}
