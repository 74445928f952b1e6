// The parsers that are fuzzed: valid files to begin with, how they are damaged, and who reads them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCard } from '../../src/backbones/card.js';
import { findConversion } from '../../src/data/colour-profile.js';
import { readIdx, readLabelledImages } from '../../src/data/idx.js';
import { readList } from '../../src/data/image-list.js';
import { mendScanHeader, readJpegHeader, unreadableJpeg } from '../../src/data/jpeg.js';
import { findJpegBreak, findJpegDamage } from '../../src/data/jpeg-check.js';
import { dropPngText } from '../../src/data/png-text.js';
import { readImage } from '../../src/data/read-image.js';
import { readPlainPng } from '../../src/data/small-png.js';
import { readFirstDirectory, unreadableTiff } from '../../src/data/tiff.js';
import { openToAppend, releaseSegment } from '../../src/features/store-files.js';
import { formatOf, Segment } from '../../src/features/store-segment.js';
import { readClassNames } from '../../src/formats/class-names.js';
import { openKerasFile } from '../../src/formats/keras/keras-file.js';
import { rewriteLayer } from '../../src/formats/keras/rewrite/table.js';
import { flattenModel } from '../../src/formats/layer-config/flatten.js';
import { parseModel } from '../../src/formats/layer-config/tree.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { openModel } from '../../src/formats/open.js';
import { readNetwork, withClosing } from '../../src/network/source.js';
import { loadConfigFile } from '../../src/pipeline/config-file.js';
import { loadRecord } from '../../src/runs/record.js';
import { parseJson } from '../../src/system/json.js';
import { loadCheckpoint } from '../../src/training/checkpoint.js';
import { dropThreadAfter, openInSharedThread } from './hdf5.js';
import {
  checkpointSeeds,
  damageArchive,
  damageAsJson,
  damageHdf5,
  damageOne,
  damagePng,
  damageStore,
  fixturesIn,
  graphModel,
  idx,
  layersModels,
  onlyFile,
  pngWithText,
  storeSeeds,
  trained,
  withProfile,
} from './inputs.js';
import type { Parser } from './parser.js';
import { configsIn, userFileParsers } from './user-files.js';

async function readWholeModel(path: string): Promise<void> {
  compileOnnx(await withClosing(await openModel(path), readNetwork));
}

async function readKeras(path: string): Promise<void> {
  try {
    compileOnnx(await withClosing(await openKerasFile(path, undefined, openInSharedThread), readNetwork));
  } catch (error) {
    dropThreadAfter(error);
    throw error;
  }
}

const rules = {
  size: [32, 32],
  channels: 3,
  resize: { method: 'stretch', cropFraction: 1, interpolation: 'linear' },
  preprocessing: { channelOrder: 'RGB', mean: [0, 0, 0], std: [1, 1, 1] },
} as const;

const images = fixturesIn('images', /\.(jpg|tif)$/);

const jpegs = fixturesIn('images', /\.jpg$/);

export const parsers: readonly Parser[] = [
  {
    name: 'hdf5',
    seeds: fixturesIn('keras', /\.h5$/),
    damage: damageHdf5,
    read: async folder => await readKeras(join(folder, 'input.h5')),
  },
  {
    name: 'keras',
    seeds: fixturesIn('keras', /\.keras$/),
    damage: damageArchive,
    read: folder => readKeras(join(folder, 'input.keras')),
  },
  {
    name: 'keras-config',
    seeds: async () => ['keras', 'cases'].flatMap(configsIn).map(config => ({ 'config.json': config })),
    damage: damageOne,
    read: (_folder, files) =>
      flattenModel(parseModel(parseJson(onlyFile(files).toString(), 'config.json')), 3, rewriteLayer),
  },
  {
    name: 'tfjs-layers',
    seeds: layersModels,
    damage: damageOne,
    read: readWholeModel,
  },
  { name: 'tfjs-graph', seeds: async () => [graphModel()], damage: damageOne, read: readWholeModel },
  {
    name: 'card',
    seeds: async () => [{ 'card.json': readFileSync('pretrained/efficientnet-lite0/card.json') }],
    damage: damageOne,
    read: loadCard,
  },
  {
    name: 'run',
    seeds: async () => [{ 'run.json': Buffer.from(JSON.stringify(run)) }],
    damage: damageOne,
    read: loadRecord,
  },
  {
    name: 'config-file',
    seeds: async () =>
      [config, 'epochs: 3', '{"epochs": [1, {"a": null}]}'].map(text => ({ 'c.yaml': Buffer.from(text) })),
    damage: damageOne,
    read: folder => loadConfigFile(join(folder, 'c.yaml')),
  },
  {
    name: 'names',
    seeds: async () =>
      ['0 cat\n1 dog\n', '{"cat": 0, "dog": 1}', '["cat", "dog"]'].map(text => ({
        'n.txt': Buffer.from(text),
      })),
    damage: (seed, random) => (random() < 0.5 ? damageOne(seed, random) : damageAsJson(seed, random)),
    read: folder => readClassNames(join(folder, 'n.txt')),
  },
  {
    name: 'list',
    seeds: async () => [{ 'list.txt': Buffer.from('# why\ncat/1.jpg\n"cat/\\u00e9.jpg"\n.\\dog\\2.jpg\n') }],
    damage: damageOne,
    read: folder => readList(join(folder, 'list.txt')),
  },
  { name: 'checkpoint', seeds: checkpointSeeds, damage: damageOne, read: readCheckpoint },
  { name: 'store', seeds: storeSeeds, damage: damageStore, read: readStore },
  {
    name: 'idx',
    seeds: async () => [{ images: idx([2, 3, 3]), labels: idx([2]) }],
    damage: damageOne,
    read: (_folder, { images: first = Buffer.alloc(0), labels = Buffer.alloc(0) }) => {
      readIdx(labels, 'labels');
      readLabelledImages({ images: first, labels }, { images: 'images', labels: 'labels' });
    },
  },
  {
    name: 'tiff',
    seeds: fixturesIn('images', /\.tif$/),
    damage: damageOne,
    read: (_folder, files) => [unreadableTiff(onlyFile(files)), readFirstDirectory(onlyFile(files))],
  },
  {
    name: 'jpeg',
    seeds: jpegs,
    damage: damageOne,
    read: (_folder, files) => {
      const jpeg = onlyFile(files);
      return [
        readJpegHeader(jpeg),
        unreadableJpeg(jpeg),
        mendScanHeader(jpeg),
        findJpegBreak(jpeg),
        findJpegDamage(jpeg),
      ];
    },
  },
  {
    name: 'png',
    seeds: async () => [{ 'a.png': pngWithText() }],
    damage: damagePng,
    read: (_folder, files) => [readPlainPng(onlyFile(files)), dropPngText(onlyFile(files))],
  },
  {
    name: 'profile',
    seeds: jpegs,
    damage: (seed, random) => ({ 'a.jpg': withProfile(onlyFile(seed), random) }),
    read: (_folder, files) => findConversion(onlyFile(files)),
  },
  {
    name: 'image',
    seeds: images,
    damage: damageOne,
    read: (_folder, files) => readImage(onlyFile(files), rules, { thorough: true }),
  },
  ...userFileParsers,
];

const run = {
  formatVersion: 1,
  finishedAt: '2026-01-01T00:00:00Z',
  classNames: ['cat', 'dog'],
  split: {},
  files: {},
};

const config = 'backbone: vgg16\nhidden: [256, 128]\nval: 0.2\nname: &a "x"\nother: *a\n';

function readCheckpoint(folder: string) {
  return loadCheckpoint(join(folder, 'c.bin'), trained, () => undefined);
}

function readStore(folder: string): void {
  readRows(folder);
  appendRow(join(folder, 'a.rows'), 'n'.repeat(32));
}

/** What is appended to a file that is taken over is found again. */
function appendRow(path: string, key: string): void {
  const row = Float32Array.of(1, 2, 3, 4, 5);
  const writer = openToAppend(path, formatOf(row));
  if (writer === undefined) return;
  writer.segment.append(key, row);
  const isFound = [...writer.segment.keys()].includes(key);
  writer.segment.close();
  releaseSegment(writer.path);
  if (!isFound) throw new Error('an appended row is lost');
}

function readRows(folder: string): void {
  const segment = Segment.open(join(folder, 'a.rows'), 'r');
  if (segment === undefined) return;
  const target = new Float32Array(segment.format.count);
  for (const [row, key] of [...segment.keys()].entries()) segment.read(row, key, target);
  segment.close();
}
