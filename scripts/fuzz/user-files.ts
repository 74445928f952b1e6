// More parsers that are fuzzed: files that users write or bring beside their models, archives, and what the kernel says
// of the machine.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readMnist } from '../../src/data/mnist.js';
import { readLabelsBeside } from '../../src/formats/class-names.js';
import { findSplitModel } from '../../src/formats/keras/config-beside.js';
import { readTeachableMachine } from '../../src/formats/teachable-machine.js';
import { parseDriver } from '../../src/inference/cuda/requirements.js';
import { loadAugmentation } from '../../src/pipeline/train/augment-option.js';
import { readOwnTopology } from '../../src/pipeline/train/own-topology.js';
import { proveRun } from '../../src/runs/prove-run.js';
import { parseGpu } from '../../src/system/gpus.js';
import { hasMatrixTiles, processorLimit } from '../../src/system/processors.js';
import { unpackWheel } from '../../src/system/unpack-wheel.js';
import { unzip, zip } from '../../test/formats/make-files.js';
import { damageOne, type Files, filesOf, fixtures, onlyFile } from './inputs.js';
import { damageBytes, type Random } from './mutate.js';
import type { Parser } from './parser.js';

export const userFileParsers: readonly Parser[] = [
  {
    name: 'augment',
    seeds: async () => [
      { 'a.yaml': Buffer.from('crop: {area: [0.5, 1]}\nflip: {probability: 0.5}\nblur: {sigma: 3}\n') },
    ],
    damage: damageOne,
    read: folder => loadAugmentation(join(folder, 'a.yaml')),
  },
  {
    name: 'own-topology',
    seeds: async () => configsIn('keras').map(config => ({ 'model.json': config })),
    damage: damageOne,
    read: folder =>
      readOwnTopology(join(folder, 'model.json'), { classes: 3, size: undefined, usualSize: [32, 32] }),
  },
  {
    name: 'beside',
    seeds: async () => [{ ...filesOf(join(fixtures, 'cases/json-and-weights')), ...exported }],
    damage: damageOne,
    read: folder =>
      Promise.all([
        findSplitModel(folder, true),
        readTeachableMachine(folder),
        readLabelsBeside(folder, true),
      ]),
  },
  { name: 'proof', seeds: async () => [provable()], damage: damageOne, read: assertProof },
  {
    name: 'mnist',
    seeds: async () => [{ 'm.tgz': await archiveOfDigits() }],
    damage: damageTar,
    read: folder => readMnist(join(folder, 'm.tgz')),
  },
  {
    name: 'wheel',
    seeds: async () =>
      ['b/METADATA', '../../escaped', '/etc/escaped', 'lib/../../../escaped', '..\\escaped'].map(name => ({
        'a.whl': zip([
          { name: 'lib/a.so', data: Buffer.alloc(500, 'a'), deflate: true },
          { name, data: Buffer.from('b') },
        ]),
      })),
    damage: damageOne,
    read: unpack,
  },
  {
    name: 'machine',
    seeds: async () => [machine],
    damage: damageOne,
    read: assertMachine,
  },
];

/** The configs of the archives in a folder of fixtures. */
export function configsIn(folder: string): readonly Buffer[] {
  return readdirSync(join(fixtures, folder))
    .filter(name => name.endsWith('.keras'))
    .flatMap(name => unzip(join(fixtures, folder, name)).get('config.json') ?? []);
}

const exported: Files = {
  'metadata.json': Buffer.from('{"tmVersion": "2.4.7", "labels": ["a", "b"], "userMetadata": {}}'),
  'labels.txt': Buffer.from('0 daisy\n1 rose\n'),
};

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A run of two files. */
function provable(): Files {
  const files: Files = {
    'history.jsonl': Buffer.from('{"epoch":1,"loss":1}\n'),
    'model.onnx': Buffer.alloc(99, 'onnx'),
  };
  const record = {
    formatVersion: 1,
    finishedAt: '2026-01-01T00:00:00Z',
    classNames: ['cat', 'dog'],
    split: {},
    files: Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, sha256(bytes)])),
  };
  return { ...files, 'run.json': Buffer.from(JSON.stringify(record)) };
}

/** What is proven may be deleted: files that are not as they were are not proven. */
async function assertProof(folder: string, files: Files): Promise<void> {
  const proven = await proveRun(folder).then(
    () => true,
    () => false,
  );
  const isChanged = Object.entries(provable()).some(
    ([path, bytes]) => path !== 'run.json' && !files[path]?.equals(bytes),
  );
  if (proven && isChanged) throw new Error('a run was proven that is not as it was written');
}

async function archiveOfDigits(): Promise<Buffer> {
  const archive = pack();
  for (const part of ['train', 't10k'])
    for (const kind of ['images-idx3', 'labels-idx1'])
      archive.entry({ name: `package/${part}-${kind}-ubyte` }, 'digits');
  archive.finalize();
  return await buffer(archive);
}

/** The archive, or what is compressed in it. */
function damageTar(seed: Files, random: Random): Files {
  const tar = onlyFile(seed);
  return {
    'm.tgz': random() < 0.3 ? damageBytes(gzipSync(tar), random) : gzipSync(damageBytes(tar, random)),
  };
}

/** Wheels are compared with their sha-256 first, so that any error will do; but nothing is written elsewhere. */
async function unpack(folder: string): Promise<void> {
  const directory = join(folder, '../scratch/unpacked');
  mkdirSync(directory, { recursive: true });
  await unpackWheel(join(folder, 'a.whl'), { directory }, name => name).catch(() => undefined);
}

const machine: Files = {
  'cpu.max': Buffer.from('200000 100000\n'),
  membership: Buffer.from('0::/\n'),
  cpuinfo: Buffer.from('processor : 0\nflags\t\t: fpu avx512_vnni amx_int8\n'),
  gpus: Buffer.from('NVIDIA H200, 143771, 143158, 550.54.15, 9.0\n'),
};

function assertMachine(folder: string, files: Files): void {
  const limit = processorLimit(folder, join(folder, 'membership'));
  if (!(limit >= 1)) throw new Error(`${limit} processors`);
  hasMatrixTiles(join(folder, 'cpuinfo'));
  const text = String(files.gpus);
  text.split('\n').flatMap(parseGpu);
  parseDriver(text);
}
