// Which preprocessing a classifier was trained with, found by trying: labelled photos of its own classes are predicted
// with each, and what classifies best is taken. For `finetune prepare --check`.

import type { Card } from '../backbones/card.js';
import { classProbabilities } from '../backbones/class-scores.js';
import { type PreprocessingMode, preprocessingFor } from '../backbones/preprocessing.js';
import type { Example } from '../data/data-set.js';
import type { InputRules, Preprocessing } from '../data/image-rules.js';
import { preprocess } from '../data/preprocess.js';
import { type NetworkInput, readImage } from '../data/read-image.js';
import { scanDataSet } from '../data/scan.js';
import { FinetuneError, refuseOption } from '../errors.js';
import { compileGraph } from '../formats/onnx/compile.js';
import type { Session } from '../inference/session.js';
import { withSession } from '../inference/temporary-model.js';
import type { Network } from '../network/network.js';
import type { Context } from '../system/context.js';

/** How well a preprocessing did. */
export interface PreprocessingTrial {
  readonly mode: PreprocessingMode;
  /** Part of the photos whose class was predicted right. */
  readonly accuracy: number;
  /** Mean probability of the right class: decides between modes that are right equally often. */
  readonly confidence: number;
}

/** What a check found. */
export interface PreprocessingCheck {
  readonly images: number;
  /** The best first. */
  readonly trials: readonly [PreprocessingTrial, ...PreprocessingTrial[]];
}

/** Enough to tell ranges apart; each goes through the network once per mode. */
const mostImages = 200;

/** For a network whose input is open. */
const defaultSize = 224;

/**
 * Tries every preprocessing on photos whose folders are classes of the network.
 * @param card as it is planned; its size and resize rule are kept
 * @param dir a folder per class
 * @throws FinetuneError `bad-option` where the network's classes have no names; `bad-data-set` where no folder is a class
 * of it, or no photo can be read
 */
export async function checkPreprocessing(
  { network, card }: { readonly network: Network; readonly card: Omit<Card, 'sha256'> },
  dir: string,
  context: Context,
): Promise<PreprocessingCheck> {
  const { classNames, inputShape, resize } = card;
  if (classNames === undefined) {
    refuseOption(
      '--check needs the names of the classes, in the order of the outputs: say --class-names a,b,c (Keras numbers the folders of its training data by name).',
    );
  }
  const examples = sample(await findExamples(dir, classNames));
  const [height, width, channels] = inputShape;
  const rules: InputRules = {
    size: [height ?? defaultSize, width ?? defaultSize],
    channels,
    resize,
    preprocessing: preprocessingFor('none', channels),
  };
  const tallies = modesFor(channels).map(each => ({ ...each, right: 0, confidence: 0 }));
  let images = 0;
  await withSession(compileGraph(network), {}, async session => {
    for await (const { image, label } of readPhotos(examples, rules, context)) {
      images += 1;
      for (const tally of tallies) {
        const outputs = await predict(session, image, tally.preprocessing);
        const probabilities = classProbabilities(outputs, classNames);
        tally.right += probabilities.indexOf(Math.max(...probabilities)) === label ? 1 : 0;
        tally.confidence += probabilities[label] ?? 0;
      }
    }
  });
  const [best, ...others] = rankTrials(tallies, images);
  if (images > 0 && best !== undefined) return { images, trials: [best, ...others] };
  throw new FinetuneError('bad-data-set', `No photo in ${dir} could be read: nothing to check with.`);
}

interface Tally {
  readonly mode: PreprocessingMode;
  readonly right: number;
  readonly confidence: number;
}

function rankTrials(tallies: readonly Tally[], images: number): PreprocessingTrial[] {
  return tallies
    .map(({ mode, ...sums }) => ({
      mode,
      accuracy: sums.right / images,
      confidence: sums.confidence / images,
    }))
    .sort((one, other) => other.accuracy - one.accuracy || other.confidence - one.confidence);
}

/** Pixels 0..255 of every photo that can be read. */
async function* readPhotos(examples: readonly Example[], rules: InputRules, { emit, signal }: Context) {
  for (const [i, { file, label }] of examples.entries()) {
    signal.throwIfAborted();
    const image = await readImage(file, rules);
    if (!('reason' in image)) yield { image, label };
    emit({ type: 'evaluate', done: i + 1, total: examples.length });
  }
}

/** Modes whose numbers are those of three colours do not go with grey. */
function modesFor(channels: InputRules['channels']) {
  const modes: readonly PreprocessingMode[] =
    channels === 3 ? ['none', 'unit', 'tf', 'torch', 'caffe', 'lite'] : ['none', 'unit', 'tf', 'lite'];
  return modes.map(mode => ({ mode, preprocessing: preprocessingFor(mode, channels) }));
}

/** Examples with the network's labels; folders that are no class of it are left out. */
async function findExamples(dir: string, classNames: readonly string[]): Promise<readonly Example[]> {
  const dataSet = await scanDataSet(dir, { purpose: 'measure' });
  const examples = dataSet.examples.flatMap(example => {
    const label = classNames.indexOf(dataSet.classNames[example.label] ?? '');
    return label < 0 ? [] : [{ ...example, label }];
  });
  if (examples.length > 0) return examples;
  throw new FinetuneError(
    'bad-data-set',
    `No folder in ${dir} is a class of the network. Expected folders named as its classes: ${classNames.slice(0, 20).join(', ')}.`,
  );
}

/** As many of each class, from all over the folder. */
function sample(examples: readonly Example[]): readonly Example[] {
  const step = Math.max(examples.length / mostImages, 1);
  const count = Math.min(examples.length, mostImages);
  return Array.from({ length: count }, (_, i) => examples[Math.floor(i * step)]).filter(
    each => each !== undefined,
  );
}

async function predict(
  session: Session,
  { input, shape }: NetworkInput,
  preprocessing: Preprocessing,
): Promise<Float32Array> {
  return (await session.run(preprocess(input, preprocessing), shape)).data;
}
