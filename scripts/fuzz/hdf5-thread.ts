// The fuzzer's thread that reads HDF5 files one after another.

import { parentPort } from 'node:worker_threads';
import { ready } from 'h5wasm';
import type { WorkerSettings } from '../../src/formats/keras/hdf5/file.js';
import { serveHdf5 } from '../../src/formats/keras/hdf5/serve.js';

const { FS } = await ready;
let isUsed = false;

parentPort?.on('message', async (settings: WorkerSettings) => {
  if (isUsed) forgetFile();
  isUsed = true;
  parentPort?.postMessage(await serveHdf5(settings));
});
parentPort?.postMessage('ready');

/** Leaves the library's file system as it is at the start of a thread. */
function forgetFile(): void {
  FS.unlink('/weights.h5');
  for (const device of ['stdin', 'tty', 'tty1']) FS.writeFile(`/dev/${device}`, '');
}
