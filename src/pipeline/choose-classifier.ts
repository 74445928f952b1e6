// The classifier on the device with which all images are predicted soonest, measured on some of them.

import type { PipelineEvent } from '../events.js';
import { type DeviceTrials, findSoonest, worthTryingSeconds } from '../features/soonest.js';
import { type DeviceName, devices, listLikelyDevices } from '../inference/devices.js';
import {
  type Classifier,
  type ClassifierOptions,
  loadClassifier,
  type OpenableImage,
} from '../runs/classifier.js';
import { imagesWorthThreads } from '../runs/run-on-all.js';
import type { Context } from '../system/context.js';

/** Which classifier, and on what. */
export type ClassifierChoice = Omit<ClassifierOptions, 'device'> & { readonly device: 'auto' | DeviceName };

/** What it is to predict. */
export interface ClassifierJob {
  readonly images: readonly OpenableImage[];
  /** What to choose among beside the CPU: by default what this machine seems to have. */
  readonly candidates?: readonly DeviceName[] | undefined;
}

/** Loads the classifier on the device that is named, or with `auto` on the soonest. Close what it gives. */
export async function chooseClassifier(
  { device, ...options }: ClassifierChoice,
  job: ClassifierJob,
  context: Context,
): Promise<Classifier> {
  const { emit, signal } = context;
  const callbacks = { onEvent: emit, signal };
  if (device !== 'auto') return loadClassifier({ ...options, device }, callbacks);
  const candidates = job.candidates ?? (await listLikelyDevices());
  const cpu = await loadClassifier({ ...options, device: 'cpu' }, callbacks);
  if (candidates.length === 0) return cpu;
  const loaded = new Map<DeviceName, Classifier>([['cpu', cpu]]);
  try {
    return await takeSoonest(loaded, { cpu, options, images: job.images, candidates, context });
  } catch (error) {
    await Promise.all([...loaded.values()].map(each => each.close()));
    throw error;
  }
}

interface Choosing {
  readonly cpu: Classifier;
  readonly options: Omit<ClassifierOptions, 'device'>;
  readonly images: readonly OpenableImage[];
  readonly candidates: readonly DeviceName[];
  readonly context: Context;
}

async function takeSoonest(
  loaded: Map<DeviceName, Classifier>,
  { cpu, options, images, candidates, context }: Choosing,
): Promise<Classifier> {
  const { emit, signal } = context;
  // Standard input can be read once only: what is predicted alone is not measured.
  if (images.length < 2) return cpu;
  const alone = await measureAlone(cpu, images, signal);
  if (images.length * alone < worthTryingSeconds) return cpu;
  // In threads the CPU is several times as fast, and they decode for other devices.
  const measure = images.length < imagesWorthThreads ? measureAlone : measureUnderWay;
  const onCpu = measure === measureAlone ? alone : await measure(cpu, images, signal);
  if (images.length * onCpu < worthTryingSeconds) return cpu;
  const job = { images: images.length, decode: 0, base: onCpu };
  const trials: { -readonly [Name in DeviceName]?: NonNullable<DeviceTrials[Name]> } = {};
  let soonest: DeviceName | undefined;
  for (const device of candidates) {
    const started = performance.now();
    // Nothing is told of a device that nobody has asked for and that is not taken.
    const onEvent = (event: PipelineEvent) => device === soonest && emit(event);
    const classifier = await loadClassifier({ ...options, device }, { onEvent, signal });
    loaded.set(device, classifier);
    if (classifier.device !== device) continue;
    const startSeconds = (performance.now() - started) / 1000;
    const imagesPerSecond = 1 / (await measure(classifier, images, signal));
    trials[device] = { imagesPerSecond, startSeconds };
  }
  soonest = findSoonest(job, trials);
  for (const [device, classifier] of loaded) if (device !== soonest) await classifier.close();
  emit({ type: 'notice', message: describe(soonest, 1 / onCpu, trials) });
  return loaded.get(soonest) ?? cpu;
}

/** Images to measure on, where they are few. */
const sampleSize = 8;

/** Seconds per image. The first round is not timed: it loads the decoder, and a device compiles. */
async function measureAlone(
  classifier: Classifier,
  images: readonly OpenableImage[],
  signal: AbortSignal,
): Promise<number> {
  const sample = images.slice(0, sampleSize);
  const runAll = async () => {
    for await (const _ of classifier.classifyAll(sample, { signal }));
  };
  await runAll();
  const started = performance.now();
  await runAll();
  return (performance.now() - started) / 1000 / sample.length;
}

/** Seconds that many images are measured for. */
const secondsUnderWay = 1;

/** Seconds per image from the end of the first batch on, when threads have started and a device has compiled. */
async function measureUnderWay(
  classifier: Classifier,
  images: readonly OpenableImage[],
  signal: AbortSignal,
): Promise<number> {
  const { batchSize } = devices[classifier.device];
  let count = 0;
  let started = 0;
  let seconds = 0;
  for await (const _ of classifier.classifyAll(images, { signal })) {
    count += 1;
    if (count <= batchSize) started = performance.now();
    seconds = (performance.now() - started) / 1000;
    if (seconds > secondsUnderWay) break;
  }
  return seconds / (count - batchSize);
}

function describe(soonest: DeviceName, onCpu: number, trials: DeviceTrials): string {
  const speeds = Object.entries(trials).map(
    ([device, { imagesPerSecond }]) => `${device} ${imagesPerSecond.toFixed(1)} images/s`,
  );
  return `Device: ${[`${soonest} taken`, `cpu ${onCpu.toFixed(1)} images/s`, ...speeds].join(', ')}.`;
}
