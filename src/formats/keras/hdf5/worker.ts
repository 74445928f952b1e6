// The thread in which an HDF5 file is read.

import { parentPort, workerData } from 'node:worker_threads';
import { serveHdf5 } from './serve.js';

parentPort?.postMessage(await serveHdf5(workerData));
