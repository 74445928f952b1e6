// inspect: what a careful person would look at before training. Nothing is moved or changed.

import { describeBalance } from '../data/balance.js';
import { type DataSet, type Example, type Split, type Subset, subsets } from '../data/data-set.js';
import type { PhotoTraits } from '../data/photo-traits.js';
import { scanDataSet } from '../data/scan.js';
import { startEngine } from '../engines/start.js';
import { loadBase } from '../features/base.js';
import { describeClasses } from '../features/class-sizes.js';
import { describeWork } from '../features/extract.js';
import { extractOrFallBack } from '../features/extract-or-fall-back.js';
import type { CopyGroup, InspectedImage, Inspection } from '../features/inspection.js';
import { measurePhotos } from '../features/measure-photos.js';
import { findCopies } from '../features/near-duplicates.js';
import { chooseRuntime } from '../features/runtime.js';
import { storeDirectory } from '../features/store-directory.js';
import { findUnusualTraits } from '../features/unusual-photos.js';
import type { Context } from '../system/context.js';
import { dataInMemory } from '../training/data.js';
import { cosineOfRows } from '../training/feature-cosine.js';
import { findDoubtedLabels } from '../training/label-check.js';
import { predictHeldOut } from '../training/linear/cross-validation.js';
import { findOutliers } from '../training/outliers.js';
import { chooseBackbone } from './choose-backbone.js';
import { validateTargets, writeFindings } from './inspect-files.js';
import { inspectOptions, type SettledInspectOptions } from './inspect-options.js';
import { splitData } from './split-data.js';
import { verb } from './verb.js';

/**
 * Looks through a folder of images as `train` would use it: what cannot be read, what is there twice, which labels are
 * doubtful, what is unusual.
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 * @example
 * const { suspiciousLabels } = await inspect({ data: 'pets' });
 * for (const { path, proposed } of suspiciousLabels) console.log(path, proposed);
 */
export const inspect = verb(inspectOptions, async (options, context): Promise<Inspection> => {
  await validateTargets(options);
  const store = storeDirectory(options.store, options.data);
  const { exclude, groupBy, val, test, seed } = options;
  const scanned = await scanDataSet(options.data, { purpose: 'measure', exclude, signal: context.signal });
  tellOfScan(scanned, context);
  const { traits, bad } = await measurePhotos(scanned.examples, store, context);
  const readable = withoutBad(scanned, new Set(bad.map(({ path }) => path)));
  const divided = await splitData(readable, { val, test, seed, groupBy, store }, context.signal);
  const { dataSet, split } = divided;
  const backbone = await chooseBackbone(options.backbone, context.emit);
  const work: InspectionWork = { options, store, dataSet, traits, split, context };
  const features = await computeFeatures(work, backbone.dir);
  const groups = await groupCopies(features, work);
  // For what follows, which computes with matrices.
  await startEngine('auto');
  const nameOf = nameImages(work);
  const doubted = await doubtLabels(features, groups, work);
  const found: Inspection = {
    data: options.data,
    images: features.examples.length,
    classes: await describeClasses(work),
    bad: [...scanned.bad, ...bad, ...features.bad],
    warnings: [...scanned.warnings, ...describeBalance(dataSet), ...divided.warnings],
    copies: groups.map(group =>
      describeCopies(
        group.map(row => features.exampleAt(row)),
        nameOf,
      ),
    ),
    suspiciousLabels: doubted.map(({ row, proposed, confidence }) => ({
      ...nameOf(features.exampleAt(row)),
      proposed: dataSet.classNames[proposed] ?? '',
      confidence,
    })),
    unusual: await findUnusual(features, new Set(doubted.map(({ row }) => row)), work),
    backbone: backbone.card.name,
  };
  return { ...found, ...(await writeFindings(found, options, context)) };
});

/** What all steps work on. */
interface InspectionWork {
  readonly options: SettledInspectOptions;
  readonly store: string;
  /** The data set without what cannot be read. */
  readonly dataSet: DataSet;
  /** By the sha-256 of the file. */
  readonly traits: ReadonlyMap<string, PhotoTraits>;
  /** As training would make it. */
  readonly split: Split;
  readonly context: Context;
}

function tellOfScan({ examples, classNames, bad }: DataSet, { emit }: Context): void {
  emit({ type: 'scan', images: examples.length, classes: classNames.length, bad: bad.length });
}

function withoutBad(dataSet: DataSet, bad: ReadonlySet<string>): DataSet {
  return { ...dataSet, examples: dataSet.examples.filter(({ path }) => !bad.has(path)) };
}

/** Features of the images that the base could be run on. */
interface InspectedFeatures {
  readonly examples: readonly Example[];
  readonly exampleAt: (row: number) => Example;
  readonly labels: Int32Array;
  /** `[examples, size]` */
  readonly matrix: Float32Array;
  readonly size: number;
  readonly bad: DataSet['bad'];
}

/** In the way in which training would compute them, so that it finds them in the store. */
async function computeFeatures(
  { store, dataSet, split, context }: InspectionWork,
  backbone: string,
): Promise<InspectedFeatures> {
  const base = await loadBase({
    ...{ backbone, inputShape: undefined, cut: undefined, resize: undefined },
    pooling: 'avg',
  });
  const all: Split = { train: dataSet.examples, val: [], test: [] };
  const request = {
    ...({ wanted: 'auto', device: 'auto' } as const),
    ...{ ...describeWork({ base, split: all, store }), train: split.train },
  };
  const runtime = await chooseRuntime(base, request, context);
  // Nothing is trained: a class may be without images.
  const extraction = { base, runtime, dataSet: { classNames: [] }, split: all, store };
  const onCpu = () => chooseRuntime(base, { ...request, device: 'cpu' }, context);
  const { features } = await extractOrFallBack(extraction, onCpu, context);
  try {
    const { images, labels, matrix, read } = features.subset('train');
    const examples = images.map(({ example }) => example);
    return {
      examples,
      exampleAt: row => itemAt(examples, row),
      labels,
      matrix: matrix() ?? (await read([...examples.keys()])),
      size: features.shape.reduce((product, length) => product * length, 1),
      bad: features.bad,
    };
  } finally {
    features.close();
  }
}

function itemAt<Item>(items: readonly Item[], place: number): Item {
  const item = items[place];
  if (item === undefined) throw new Error(`There is no image ${place}.`);
  return item;
}

/** Rows that show the same picture. */
function groupCopies(
  { examples, matrix, size }: InspectedFeatures,
  { traits, context: { signal } }: InspectionWork,
): Promise<number[][]> {
  const pictures = examples.map(({ hash }) => ({
    hash,
    picture: traits.get(hash)?.picture ?? new Uint8Array(),
  }));
  return findCopies(pictures, { similarityOf: cosineOfRows(matrix, size), signal });
}

type NameImage = (example: Example) => InspectedImage;

function nameImages({ dataSet, split }: InspectionWork): NameImage {
  const subsetOf = new Map<string, Subset>(
    subsets.flatMap(subset => split[subset].map(({ path }) => [path, subset] as const)),
  );
  return ({ path, label }) => ({
    path,
    label: dataSet.classNames[label] ?? '',
    subset: subsetOf.get(path) ?? 'train',
  });
}

function describeCopies(examples: readonly Example[], nameOf: NameImage): CopyGroup {
  const images = examples.map(nameOf);
  const differIn = (trait: 'label' | 'subset') => new Set(images.map(each => each[trait])).size > 1;
  return {
    kind: new Set(examples.map(({ hash }) => hash)).size === 1 ? 'exact' : 'near',
    across: differIn('label') ? 'classes' : differIn('subset') ? 'subsets' : 'nothing',
    images,
  };
}

async function doubtLabels(
  { matrix, labels, size }: InspectedFeatures,
  groups: readonly (readonly number[])[],
  { dataSet, options: { seed }, context }: InspectionWork,
) {
  const groupOf = Int32Array.from(labels.keys());
  for (const group of groups) for (const row of group) groupOf[row] = group[0] ?? row;
  const data = dataInMemory(matrix, labels, [size]);
  const plan = { classes: dataSet.classNames.length, groups: groupOf, seed, ...context };
  if (new Set(labels).size < 2) return [];
  return findDoubtedLabels(labels, await predictHeldOut(data, matrix, plan));
}

/** @param doubted rows that are unlike their class because they are of another */
async function findUnusual(
  { examples, exampleAt, labels, matrix }: InspectedFeatures,
  doubted: ReadonlySet<number>,
  work: InspectionWork,
): Promise<Inspection['unusual']> {
  const nameOf = nameImages(work);
  const {
    options: { seed },
    context: { signal },
    traits,
  } = work;
  const found = await findOutliers(matrix, labels, { seed, signal });
  const outliers = found.filter(({ row }) => !doubted.has(row));
  const measured = examples.flatMap(example => {
    const known = traits.get(example.hash);
    return known === undefined ? [] : { example, known };
  });
  const unusual = findUnusualTraits(measured.map(({ known }) => known));
  return [
    ...outliers.map(({ row, likeness }) => ({
      ...nameOf(exampleAt(row)),
      kind: 'outlier' as const,
      detail: `likeness ${likeness.toFixed(2)} to those of its class most like it`,
    })),
    ...measured.flatMap(({ example }, i) =>
      (unusual[i] ?? []).map(each => ({ ...nameOf(example), ...each })),
    ),
  ];
}
