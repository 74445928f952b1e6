// How well heads on each prepared backbone do on a data set, what each costs: by cross-validation on a part of the images.

import { listBackbones } from '../backbones/resolve.js';
import type { Example } from '../data/data-set.js';
import { messageOf } from '../errors.js';
import { type Base, loadBase } from '../features/base.js';
import { extractFeatures } from '../features/extract.js';
import { chooseRuntime } from '../features/runtime.js';
import { compileFastGraph } from '../formats/onnx/compile.js';
import { measureSpeed } from '../inference/int8/trial.js';
import type { ListedBackbone } from '../report/backbones.js';
import type { Context } from '../system/context.js';
import { countProcessors } from '../system/processors.js';
import { hasTimeFor } from '../system/time-budget.js';
import { crossValidate } from '../training/linear/solve.js';

/** What is compared on. */
export interface BackboneComparison {
  readonly train: readonly Example[];
  readonly classNames: readonly string[];
  /** The feature store's folder. */
  readonly store: string;
  readonly seed: number;
}

/** As many tell backbones apart that are worth telling apart. */
const mostImages = 300;

/** Compares all prepared backbones, in their order. Needs a started engine. */
export async function compareBackbones(
  comparison: BackboneComparison,
  context: Context,
): Promise<readonly ListedBackbone[]> {
  const sample = sampleClasses(comparison.train);
  const compared: ListedBackbone[] = [];
  const { budget } = context;
  const share = budget?.keepBack((1 - comparisonShare) * budget.left());
  let longest = 0;
  for (const { name, dir } of await listBackbones()) {
    if (compared.length > 0 && !hasTimeFor(`comparing ${name}`, longest, share)) continue;
    const before = budget?.left() ?? 0;
    const given = { ...comparison, train: sample };
    const figures = await measureBackbone(dir, given, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      return { failure: messageOf(error) };
    });
    compared.push({ name, dir, ...figures });
    longest = Math.max(longest, before - (budget?.left() ?? 0));
  }
  return compared;
}

/** The part of the time left that a comparison may take, where there is a budget. */
const comparisonShare = 0.25;

/** The backbone whose heads have the least log-loss, where any has one. */
export function bestBackbone(compared: readonly ListedBackbone[]): ListedBackbone | undefined {
  const usable = compared.filter(({ failure }) => failure === undefined);
  return usable.toSorted((a, b) => (a.loss ?? Infinity) - (b.loss ?? Infinity))[0];
}

/** The images of lowest hash, as many of each class as of the others: hardly others when some are added. */
function sampleClasses(images: readonly Example[]): Example[] {
  const byHash = images.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
  const seen = new Map<number, number>();
  const ranked = byHash.map(image => {
    const rank = seen.get(image.label) ?? 0;
    seen.set(image.label, rank + 1);
    return { image, rank };
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, Math.max(mostImages, seen.size))
    .map(({ image }) => image);
}

/** On the base that a training would run: what is computed here serves that training, too. */
async function measureBackbone(
  backbone: string,
  { train, classNames, store, seed }: BackboneComparison,
  context: Context,
): Promise<Omit<ListedBackbone, 'name' | 'dir' | 'failure'>> {
  const options = { backbone, inputShape: undefined, cut: undefined, resize: undefined };
  const base = await loadBase({ ...options, pooling: 'avg', taps: 'auto' });
  const request = {
    wanted: 'fp32',
    device: 'cpu',
    train,
    images: train,
    countMissing: () => train.length,
  } as const;
  const runtime = await chooseRuntime(base, request, context);
  const split = { train, val: [], test: [] };
  const features = await extractFeatures({ base, runtime, dataSet: { classNames }, split, store }, context);
  try {
    const [size = 0] = base.groupSizes;
    const data = features.using([{ size, weight: 1 }]).subset('train');
    const matrix = data.matrix() ?? (await data.read([...data.labels.keys()]));
    const plan = { classes: classNames.length, seed, ...context };
    const { l2, candidates } = await crossValidate({ ...data, features: matrix }, plan);
    const { accuracy, loss } = candidates.find(each => each.l2 === l2) ?? {};
    return { accuracy, loss, imagesPerSecond: await measureBase(base), megabytes: megabytesOf(base) };
  } finally {
    features.close();
  }
}

async function measureBase({ network, size, rules }: Base): Promise<number> {
  const shape = [1, ...size, rules.channels] as const;
  return countProcessors() * (await measureSpeed(compileFastGraph(network), shape, { threads: 1 }));
}

function megabytesOf({ network }: Base): number {
  return [...network.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0) / 1e6;
}
