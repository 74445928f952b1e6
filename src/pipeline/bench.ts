// Speed and memory of frozen bases on this machine: per backbone, precision and batch size, each in a process of its own.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { listBackbones, resolveBackbone } from '../backbones/resolve.js';
import { FinetuneError, messageOf, refuseOption } from '../errors.js';
import { type Base, loadBase } from '../features/base.js';
import { type BenchImages, openBenchImages } from '../features/bench-images.js';
import { compileFastGraph, compileGraph } from '../formats/onnx/compile.js';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { inHalf } from '../formats/onnx/half.js';
import { deviceNames, validateDevice } from '../inference/devices.js';
import { choosePrecision } from '../inference/int8/choose.js';
import { quantizeGraph } from '../inference/int8/rewrite.js';
import type { BenchMeasurement, BenchResult, BenchRow, MeasureTask } from '../inference/measurement.js';
import type { ImageBatch } from '../inference/session.js';
import { writeTemporaryModel } from '../inference/temporary-model.js';
import {
  integer,
  integers,
  list,
  maybe,
  type OptionTable,
  type Resolved,
  text,
  withDefault,
} from '../option-kinds.js';
import { askChild } from '../system/child-process.js';
import type { Context } from '../system/context.js';
import { countProcessors } from '../system/processors.js';
import { makeTemporaryFolder } from '../system/temporary-folder.js';
import { versions } from '../system/versions.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `bench`. */
export const benchOptions = {
  backbone: maybe(
    list(
      v.pipe(v.string(), v.nonEmpty()),
      'Pretrained networks (default: all that are prepared)',
      'names or folders, with commas',
    ),
  ),
  precision: withDefault(
    list(
      v.picklist(['fp32', 'fp16', 'int8']),
      'How the frozen base computes; fp16 on other devices than the CPU, int8 on the CPU',
      'fp32, fp16, int8, with commas',
    ),
    ['fp32', 'fp16', 'int8'],
  ),
  device: withDefault(
    list(v.picklist(deviceNames), 'What the frozen base runs on', `${deviceNames.join(', ')}, with commas`),
    ['cpu'],
  ),
  batchSize: withDefault(integers(1, 256, 'Images that go through the base together'), [1, 8]),
  images: withDefault(
    integer(8, 10_000, 'Images that each row is timed on, in full batches; decoding them is not timed'),
    64,
  ),
  data: maybe(text('Folder of images to measure on (default: made-up images)', 'a folder')),
} as const satisfies OptionTable;

/** What `bench` takes. */
export type BenchOptions = OptionsOf<typeof benchOptions>;

type Settled = Resolved<typeof benchOptions>;

/**
 * Measures frozen bases with average pooling, as training runs them, on images that are decoded already.
 * What fails gives rows with the reason, and the others are measured all the same.
 * @throws FinetuneError `not-prepared` for an unknown backbone, `not-found` | `bad-data-set` for a folder without images,
 * `engine-missing` for a device that ONNX Runtime does not carry here
 */
export const bench = verb(benchOptions, async (options, context): Promise<BenchResult> => {
  const backbones = await resolveBackbones(options.backbone);
  const images = await openBenchImages(options.data, context);
  const threads = countProcessors();
  const variants = await listVariants(options);
  const total = backbones.length * variants.length * options.batchSize.length;
  const rows: BenchRow[] = [];
  context.emit({ type: 'bench', done: 0, total });
  const folder = makeTemporaryFolder('bench');
  try {
    const job = { options, variants, images, threads, imageFile: join(folder.path, 'images.bin'), context };
    for (const backbone of backbones) {
      for await (const row of measureBackbone(backbone, job)) {
        rows.push(row);
        context.emit({ type: 'bench', done: rows.length, total });
      }
    }
  } finally {
    await folder.remove();
  }
  return { threads, data: options.data ?? null, versions: versions(), rows };
});

interface NamedBackbone {
  readonly name: string;
  readonly dir: string;
}

/** Those that are named, else all that are prepared. */
async function resolveBackbones(names: Settled['backbone']): Promise<NamedBackbone[]> {
  const wanted = names ?? new Set((await listBackbones()).map(({ name }) => name));
  return Promise.all([...wanted].map(async name => ({ name, dir: (await resolveBackbone(name)).dir })));
}

/** The precision and the device that a base is measured in and on. */
type Variant = Pick<BenchRow, 'device' | 'precision'>;

async function listVariants({ device, precision }: Settled): Promise<Variant[]> {
  for (const each of device) await validateDevice(each);
  const variants = device.flatMap(on => precision.map(each => ({ device: on, precision: each })));
  const possible = variants.filter(isPossible);
  if (possible.length > 0) return possible;
  refuseOption(
    'int8 runs on the CPU alone, and fp16 on other devices. ' +
      `Received: --precision ${[...precision].join()} --device ${[...device].join()}. Add a device, or --precision fp32.`,
  );
}

/** What no processor computes fast, and what no other device is asked for. */
function isPossible({ device, precision }: Variant): boolean {
  return precision === 'fp32' || (precision === 'int8') === (device === 'cpu');
}

/** What all rows have in common. */
interface BenchJob {
  readonly options: Settled;
  readonly variants: readonly Variant[];
  readonly images: BenchImages;
  readonly threads: number;
  /** Where the images lie for the process that runs a model on them. */
  readonly imageFile: string;
  readonly context: Context;
}

/** Where a step fails, all rows that build on it have its reason. */
async function* measureBackbone({ name, dir }: NamedBackbone, job: BenchJob): AsyncGenerator<BenchRow> {
  const { options, variants, threads, imageFile, context } = job;
  const opened = openBase(dir, job);
  for (const variant of variants) {
    const saved = opened.then(async base =>
      writeTemporaryModel(await compileBase(base, variant, context.signal)),
    );
    try {
      for (const batchSize of options.batchSize) {
        const measured = Promise.all([opened, saved]).then(([{ base }, { path }]) => {
          const shape = [batchSize, ...base.size, base.rules.channels] as const;
          const { device } = variant;
          const task = { model: path, images: imageFile, shape, atLeast: options.images, threads, device };
          return measure(task, context.signal);
        });
        const row = { backbone: name, ...variant, batchSize, ...(await measured.catch(describeFailure)) };
        context.signal.throwIfAborted();
        yield row;
      }
    } finally {
      await saved.then(
        model => model.remove(),
        () => undefined,
      );
    }
  }
}

interface OpenedBase {
  readonly base: Base;
  readonly inputs: readonly ImageBatch[];
}

/** Loads a base, and writes the images as its input. */
async function openBase(dir: string, { images, imageFile }: BenchJob): Promise<OpenedBase> {
  const base = await loadBase({
    ...{ backbone: dir, inputShape: undefined, cut: undefined, resize: undefined },
    pooling: 'avg',
  });
  const inputs = await images(base.rules);
  await writeFile(
    imageFile,
    inputs.map(({ input }) => input),
  );
  return { base, inputs };
}

/** The base as training would run it; for int8 it is the best of several quantizations. */
async function compileBase(
  { base: { network }, inputs }: OpenedBase,
  { device, precision }: Variant,
  signal: AbortSignal,
): Promise<OnnxGraph> {
  if (precision === 'fp16') return inHalf(compileGraph(network));
  if (device !== 'cpu') return compileGraph(network);
  if (precision === 'fp32') return compileFastGraph(network);
  const { calibration } = await choosePrecision(network, inputs, { threads: 1, force: true, signal });
  if (calibration !== undefined) return quantizeGraph(compileGraph(network), calibration).graph;
  throw new FinetuneError(
    'bad-data-set',
    `int8 needs at least 2 readable images to calibrate on; received ${inputs.length}.`,
  );
}

function measure(task: MeasureTask, signal: AbortSignal): Promise<BenchMeasurement> {
  return askChild(import.meta.url, '../inference/measure-process', task, { signal });
}

function describeFailure(error: unknown): { failure: string } {
  return { failure: messageOf(error) };
}
