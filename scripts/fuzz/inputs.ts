// What the fuzzer begins with, files that are valid, and how they are damaged.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { renderPngChunk } from '../../src/data/png-chunks.js';
import { renderGreyPng } from '../../src/data/small-png.js';
import { formatOf, Segment } from '../../src/features/store-segment.js';
import { loadLayersModel, saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { saveCheckpoint } from '../../src/training/checkpoint.js';
import { archiveWith, unzip } from '../../test/formats/make-files.js';
import { attribute, GraphWriter } from '../../test/helpers/graph-model.js';
import { damageStructures } from './damage-hdf5.js';
import { below, damageBytes, damageJsonText, pick, type Random } from './mutate.js';

/** Files by their paths below a folder. */
export type Files = Readonly<Record<string, Buffer>>;

export const fixtures = resolve('test/fixtures');
const fixture = (path: string) => readFileSync(join(fixtures, path));

/** Damages one of the files: JSON by its values, all others by their bytes. */
export function damageOne(seed: Files, random: Random): Files {
  const name = pick(random, Object.keys(seed));
  const bytes = seed[name] ?? Buffer.alloc(0);
  const damaged = name.endsWith('.json')
    ? damageJsonText(bytes.toString(), random)
    : damageBytes(bytes, random);
  return { ...seed, [name]: damaged };
}

/** Fixtures of a folder, each a seed in a file of the same name. */
export function fixturesIn(folder: string, pattern: RegExp, mostBytes = 60_000) {
  return async (): Promise<readonly Files[]> =>
    readdirSync(join(fixtures, folder))
      .filter(name => pattern.test(name) && statSync(join(fixtures, folder, name)).size <= mostBytes)
      .map(name => ({ [`input.${name.split('.').at(-1)}`]: fixture(join(folder, name)) }));
}

export function onlyFile(files: Files): Buffer {
  return Object.values(files)[0] ?? Buffer.alloc(0);
}

export function filesOf(dir: string): Files {
  return Object.fromEntries(readdirSync(dir).map(name => [name, readFileSync(join(dir, name))]));
}

export function damageAsJson(seed: Files, random: Random): Files {
  return { ...seed, 'n.txt': damageJsonText('{"cat": 0, "dog": 1, "names": ["a"]}', random) };
}

/** Damages structures and addresses; now and then anything. */
export function damageHdf5(seed: Files, random: Random): Files {
  return random() < 0.1 ? damageOne(seed, random) : { 'input.h5': damageStructures(onlyFile(seed), random) };
}

/** The archive itself, or the config or the weights in it with everything else put right again. */
export function damageArchive(seed: Files, random: Random): Files {
  const place = random();
  if (place < 0.3) return damageOne(seed, random);
  const path = join(tmpdir(), 'seed.keras');
  writeFileSync(path, onlyFile(seed));
  const parts = unzip(path);
  const [config = '', weights = Buffer.alloc(0)] = [
    String(parts.get('config.json')),
    parts.get('model.weights.h5'),
  ];
  const archive =
    place < 0.6
      ? archiveWith(damageJsonText(config, random).toString(), weights)
      : archiveWith(config, damageStructures(weights, random));
  return { 'input.keras': archive };
}

/** As Python's converter wrote them, and one of our own with quantized weights. */
export async function layersModels(scratch: string): Promise<readonly Files[]> {
  const folders = ['tfjs_t42', 'tfjs_t48'].map(name => join(fixtures, 'cases', name));
  await saveLayersModel(scratch, await loadLayersModel(join(fixtures, 'cases/tfjs_t42')), {
    quantize: 'uint8',
  });
  return [...folders, scratch].map(filesOf);
}

export function graphModel(): Files {
  const graph = new GraphWriter();
  const strides = { strides: attribute.integers(1, 2, 2, 1), padding: attribute.text('SAME') };
  const input = graph.image(8, 8, 3);
  const convolved = graph.node('conv', 'Conv2D', [input, graph.weight('kernel', [3, 3, 3, 4])], {
    ...strides,
    data_format: attribute.text('NHWC'),
    dilations: attribute.integers(1, 1, 1, 1),
  });
  const biased = graph.node('biased', 'BiasAdd', [convolved, graph.weight('bias', [4])]);
  graph.node('relu', 'Relu6', [biased]);
  return { 'model.json': Buffer.from(JSON.stringify(graph.model())), 'shard.bin': graph.weightData };
}

export const trained = { fingerprint: 'this', lengths: [3, 2] } as const;

export async function checkpointSeeds(scratch: string): Promise<readonly Files[]> {
  const path = join(scratch, 'c.bin');
  const weights = trained.lengths.map(length => new Float32Array(length));
  const history = [{ epoch: 1, loss: 1, accuracy: 0.5, seconds: 1 }];
  await saveCheckpoint(path, 'this', {
    weights,
    optimizer: { steps: 1, slots: [weights] },
    best: { epoch: 1, weights },
    history,
  });
  return [{ 'c.bin': readFileSync(path) }];
}

const rowKey = 'k'.repeat(32);

export async function storeSeeds(scratch: string): Promise<readonly Files[]> {
  return [new Float32Array(5), { data: Uint8Array.of(1, 2, 3), scale: 0.5, zeroPoint: 1 }].map((row, i) => {
    const path = join(scratch, `${i}.rows`);
    const segment = Segment.create(path, formatOf(row));
    segment.append(rowKey, row instanceof Float32Array ? row : row.data);
    segment.append('j'.repeat(32), row instanceof Float32Array ? row : row.data);
    segment.close();
    return { 'a.rows': readFileSync(path) };
  });
}

/** Often with a header whose checksum is right. */
export function damageStore(seed: Files, random: Random): Files {
  const bytes = Buffer.from(damageBytes(onlyFile(seed), random));
  if (bytes.length >= 64 && random() < 0.7) bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
  return { 'a.rows': bytes };
}

export function idx(shape: readonly number[]): Buffer {
  const header = Buffer.from([0, 0, 8, shape.length, ...shape.flatMap(size => [0, 0, 0, size])]);
  return Buffer.concat([
    header,
    Buffer.alloc(
      shape.reduce((product, size) => product * size, 1),
      7,
    ),
  ]);
}

/** A small picture with a compressed text before its end. */
export function pngWithText(): Buffer {
  const png = renderGreyPng(Buffer.alloc(35, 'pixels'), 5, 7);
  const text = renderPngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync('text')]));
  return Buffer.concat([png.subarray(0, -12), text, png.subarray(-12)]);
}

/** Often with checksums that are right, so that what lies behind them is reached. */
export function damagePng(seed: Files, random: Random): Files {
  const png = Buffer.from(damageBytes(onlyFile(seed), random));
  if (random() < 0.2) return { 'a.png': png };
  for (let at = 8; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (end > png.length) break;
    png.writeUInt32BE(crc32(png.subarray(at + 4, end - 4)), end - 4);
    at = end;
  }
  return { 'a.png': png };
}

/** A profile made up of a header that promises RGB, and noise. */
export function withProfile(jpeg: Buffer, random: Random): Buffer {
  const profile = Buffer.from(Array.from({ length: 20 + below(random, 400) }, () => below(random, 256)));
  profile.write('RGB ', 16, 'latin1');
  const body = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe2]), length, body, jpeg.subarray(2)]);
}

/** Writes files below a folder. */
export function writeAll(folder: string, files: Files): void {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}
