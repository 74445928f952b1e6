// What the GPU check measures of this program: decoding, features against the CPU, the base alone, the whole job.
import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { globSync } from 'glob';
import { readImage } from '../../src/data/read-image.js';
import { messageOf } from '../../src/errors.js';
import { type Base, loadBase } from '../../src/features/base.js';
import { arraysFor, decodeInThreads } from '../../src/features/decoded-images.js';
import { isBad } from '../../src/features/run-images.js';
import { compileGraph } from '../../src/formats/onnx/compile.js';
import { type DeviceTrial, tryDevice } from '../../src/inference/device-trial.js';
import type { DeviceName } from '../../src/inference/devices.js';
import type { BenchRow } from '../../src/inference/measurement.js';
import { type ImageBatch, joinBatches } from '../../src/inference/session.js';
import { withSession } from '../../src/inference/temporary-model.js';
import { bench } from '../../src/pipeline/bench.js';

/** What fails has its reason. */
export type Measured<Value> = Value | { readonly failure: string };

/** Does what may fail. */
export async function attempt<Value>(work: () => Promise<Value>): Promise<Measured<Value>> {
  return await work().catch((error: unknown) => ({ failure: messageOf(error) }));
}

/** Everything that belongs to a network here. */
export interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly base: Base;
  readonly graph: ReturnType<typeof compileGraph>;
  readonly images: readonly ImageBatch[];
}

/** Loads a network, and reads a few photos for it. */
export async function openSubject(name: string, folder: string, photos: string): Promise<Subject> {
  const base = await loadBase({
    ...{ backbone: folder, inputShape: undefined, cut: undefined, resize: undefined, pooling: 'avg' },
  });
  const images: ImageBatch[] = [];
  for (const file of listPhotos(photos).filter((_, i) => i % 25 === 0)) {
    const read = await readImage(file, base.rules);
    if (!isBad(read)) images.push(read);
  }
  return { name, folder, base, graph: compileGraph(base.network), images };
}

function listPhotos(photos: string): string[] {
  return globSync('**/*.jpg', { cwd: photos, absolute: true }).sort();
}

/** Photos that are read, decoded, resized and preprocessed in a second, all processors at work; threads start meanwhile. */
export async function measureDecoding({ base: { rules } }: Subject, photos: string): Promise<number> {
  const images = Array.from({ length: decodings }, () => listPhotos(photos)).flat();
  const arrays = arraysFor(rules);
  const taskOf = (source: string) => ({ source, path: source });
  const started = performance.now();
  for await (const { outcome } of decodeInThreads({ images, rules, taskOf }, arrays))
    if (!isBad(outcome)) arrays.giveBack(outcome);
  return (1000 * images.length) / (performance.now() - started);
}

/** How often every photo is decoded: starting threads takes as long as decoding a few hundred. */
const decodings = 5;

/** Writes images and what the CPU makes of them, for PyTorch to compare with. */
export async function writeReference({ graph, images }: Subject, folder: string): Promise<void> {
  const { input, shape } = joinBatches(images);
  const { data } = await withSession(graph, {}, session => session.run(input, shape));
  await writeFile(join(folder, 'images.bin'), input);
  await writeFile(join(folder, 'features.bin'), data);
}

/** Features of eight photos on a device, compared with those of the CPU; opens the device in a process of its own. */
export function measureParity(
  { graph, images }: Subject,
  { device, half }: { readonly device: DeviceName; readonly half: boolean },
): Promise<Measured<DeviceTrial>> {
  return attempt(() => tryDevice(device, { graph, images, half, seconds: 120 }));
}

/** Images per second of the base alone, by precision and batch. */
export async function measureBase(
  { folder }: Subject,
  device: DeviceName,
  photos: string,
): Promise<readonly BenchRow[]> {
  const batchSize = device === 'cuda' ? [1, 8, 64] : [1, 8];
  const precision = device === 'cpu' ? (['fp32'] as const) : (['fp32', 'fp16'] as const);
  const { rows } = await bench({
    ...{ backbone: [folder], data: photos, device: [device], precision: [...precision], batchSize },
    images: device === 'cpu' ? 32 : 200,
  });
  return rows;
}

/** A training and 20 predictions, as a user runs them, from a cold start. */
export interface WholeJob {
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** The speed of the base, decoding included. */
  readonly featureImagesPerSecond: number;
  readonly device: string;
  readonly precision: string;
  readonly accuracy: number | undefined;
  /** What it predicts there. */
  readonly predictions: readonly { readonly label: string; readonly confidence: number }[];
  readonly warnings: string;
}

/** Runs the whole job on a device. */
export async function measureJob(
  { name, folder }: Subject,
  device: DeviceName,
  { photos, program, work }: { readonly photos: string; readonly program: string; readonly work: string },
): Promise<WholeJob> {
  const [run, store] = [join(work, `runs/${name}-${device}`), join(work, 'store')];
  for (const path of [run, store]) await rm(path, { recursive: true, force: true });
  const finetune = (...args: string[]) =>
    runProgram([join(program, 'dist/finetune.cjs'), ...args, '--device', device, '--json']);
  const job = ['train', photos, '--backbone', folder, '--mirror', 'no', '--store', store, '--out', run];
  const trained = await finetune(...job);
  const { images, seconds, precision, val } = JSON.parse(trained.stdout);
  const some = listPhotos(join(photos, 'val')).slice(0, 20);
  const predicted = await finetune('predict', ...some, '--model', run);
  return {
    ...{ seconds: trained.seconds, imagesPerSecond: images / trained.seconds },
    featureImagesPerSecond: images / seconds.features,
    ...{ device, precision: precision.name, accuracy: val?.accuracy },
    predictions: predicted.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    warnings: [...`${trained.stderr}${predicted.stderr}`.matchAll(/^Warning: .*(\n(?!\w+:).*)*/gm)]
      .map(String)
      .join('\n'),
  };
}

async function runProgram(args: readonly string[]) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(stderr.trim().split('\n').slice(-4).join('\n'));
  return { stdout, stderr, seconds };
}
