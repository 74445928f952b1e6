// Speed and memory of frozen bases on this machine: per backbone, precision and batch size, each in a process of its own.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { listBackbones, resolveBackbone } from '../backbones/resolve.js';
import { messageOf } from '../errors.js';
import { loadBase } from '../features/base.js';
import { type ImageSource, openImageSource } from '../features/bench-images.js';
import { compileBase } from '../features/compile-base.js';
import type { BenchMeasurement, BenchResult, BenchRow } from '../inference/bench-measurement.js';
import type { MeasureTask } from '../inference/bench-process.js';
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
import { countProcessors } from '../system/processors.js';
import { makeTemporaryFolder } from '../system/temporary-folder.js';
import { versions } from '../system/versions.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `bench`. */
export const benchOptions = {
  backbone: maybe(
    list(
      z.string().min(1),
      'Pretrained networks (default: all that are prepared)',
      'names or folders, with commas',
    ),
  ),
  precision: withDefault(
    list(z.enum(['fp32', 'int8']), 'How the frozen base computes', 'fp32 or int8, or both with a comma'),
    ['fp32', 'int8'],
  ),
  batchSize: withDefault(integers(1, 256, 'Images that go through the base together'), [1, 8]),
  images: withDefault(
    integer(8, 10_000, 'Images that each row is timed on, in whole batches; decoding them is not timed'),
    64,
  ),
  data: maybe(text('Folder of photos to take the images from (default: made-up images)', 'a folder')),
} as const satisfies OptionTable;

/** What `bench` takes. */
export type BenchOptions = OptionsOf<typeof benchOptions>;

type Settled = Resolved<typeof benchOptions>;

/**
 * Measures frozen bases with average pooling, as training runs them, on images that are decoded already.
 * What fails gives rows with the reason, and the others are measured all the same.
 * @throws FinetuneError `not-prepared` for an unknown backbone, `not-found` | `bad-data-set` for a folder without images
 */
export const bench = verb(benchOptions, async (options, { emit, signal }): Promise<BenchResult> => {
  const backbones = await resolveBackbones(options.backbone);
  const readImages = await openImageSource(options.data, emit);
  const threads = countProcessors();
  const total = backbones.length * options.precision.length * options.batchSize.length;
  const rows: BenchRow[] = [];
  emit({ type: 'bench', done: 0, total });
  const folder = makeTemporaryFolder('bench');
  try {
    for (const backbone of backbones) {
      for await (const row of measureBackbone(backbone, {
        options,
        readImages,
        threads,
        folder: folder.path,
      })) {
        signal.throwIfAborted();
        rows.push(row);
        emit({ type: 'bench', done: rows.length, total });
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

interface BenchContext {
  readonly options: Settled;
  readonly readImages: ImageSource;
  readonly threads: number;
  /** For the images, which a process under measurement opens. */
  readonly folder: string;
}

/** Where a step fails, all rows that build on it have its reason. */
async function* measureBackbone(
  { name, dir }: NamedBackbone,
  { options, readImages, threads, folder }: BenchContext,
): AsyncGenerator<BenchRow> {
  const images = join(folder, 'images.bin');
  const opened = openBase(dir, readImages, images);
  for (const precision of options.precision) {
    const saved = opened.then(async ({ network, inputs }) =>
      writeTemporaryModel(await compileBase(network, precision, inputs)),
    );
    try {
      for (const batchSize of options.batchSize) {
        const measured = Promise.all([opened, saved]).then(([{ size }, { path }]) =>
          measure({ model: path, images, size, batchSize, atLeast: options.images, threads }),
        );
        yield { backbone: name, precision, batchSize, ...(await measured.catch(describeFailure)) };
      }
    } finally {
      await saved.then(
        model => model.remove(),
        () => undefined,
      );
    }
  }
}

/** Loads a base, and writes the images as its input to the file `images`. */
async function openBase(dir: string, readImages: ImageSource, images: string) {
  const { network, rules, size } = await loadBase({
    ...{ backbone: dir, inputShape: undefined, cut: undefined, resize: undefined },
    pooling: 'avg',
  });
  const inputs = await readImages(rules);
  await writeFile(
    images,
    inputs.map(({ input }) => input),
  );
  return { network, size, inputs };
}

async function measure(task: MeasureTask): Promise<BenchMeasurement> {
  return (await askChild(import.meta.url, '../inference/bench-process', task)) as BenchMeasurement;
}

function describeFailure(error: unknown): { failure: string } {
  return { failure: messageOf(error) };
}
