// The model of a run, or of a backbone with its top, opened on the device that is wanted.

import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Card, loadCard } from '../backbones/card.js';
import { classNamesOf } from '../backbones/class-scores.js';
import { resolveBackbone } from '../backbones/resolve.js';
import type { InputRules } from '../data/image-rules.js';
import { FinetuneError, messageOf } from '../errors.js';
import type { ThreadModel } from '../features/pool.js';
import { type DeviceName, validateDevice } from '../inference/devices.js';
import { withFallBack } from '../inference/fall-back.js';
import { type DeclaredShape, largeWeights, openSession, type Session } from '../inference/session.js';
import type { Network } from '../network/network.js';
import { fileDigest } from '../system/file-digest.js';
import { measureFile } from '../system/read-failure.js';
import { type RunRecord, resolveRun } from './record.js';

/** A model and what goes with it. */
interface Opened {
  readonly name: string;
  /** The file that a message names. */
  readonly path: string;
  /** The folder with model.json and card.json. */
  readonly folder: string;
  readonly card: Card;
  readonly session: Session;
  /** The same for threads, each of which opens it on the CPU; undefined where the session is to do the work. */
  readonly forThreads: () => Promise<ThreadModel | undefined>;
  /** What it runs on now: a device that fails makes place for the CPU. */
  readonly place: () => Place;
}

/** What a network runs on, and how it computes there. */
export interface Place {
  readonly device: DeviceName;
  readonly precision: 'fp32' | 'int8';
}

/** An opened model whose card says what it takes and what it gives. */
export interface OpenModel extends Opened {
  readonly rules: InputRules;
  readonly classNames: readonly string[];
}

/** The device that is wanted, and who hears that it cannot be used. */
export interface OnDevice {
  readonly device: DeviceName;
  readonly warn: (message: string) => void;
}

/** Opens a run: its model.onnx on the CPU, its network in fp32 on another device. */
export async function openRun(model: string | undefined, onDevice: OnDevice): Promise<OpenModel> {
  const { dir, record } = await resolveRun(model);
  const folder = join(dir, 'model');
  const path = join(dir, 'model.onnx');
  const card = await loadCard(folder);
  for (const name of ['model.onnx', 'model/card.json'])
    await verifyFile(join(dir, name), record.files?.[name]);
  const opened = await openOn(onDevice, card, {
    network: async () => {
      await verifyFile(join(folder, 'model.json'), record.files?.['model/model.json']);
      return (await import('./open-network.js')).loadNetwork(folder, card);
    },
    onCpu: () => openSession(path),
    precisionOnCpu: record.base?.precision === 'int8' ? 'int8' : 'fp32',
  });
  const forThreads = () => findForThreads(resolve(path), record.files?.['model.onnx']);
  return validate({ name: dir, path, folder, card, forThreads, ...opened }, record);
}

/** The model's file, if it is still what is in memory, and not so large that it is to be there once only. */
async function findForThreads(path: string, sha256: string | undefined): Promise<ThreadModel | undefined> {
  const size = await measureFile(path);
  if (sha256 === undefined || typeof size === 'string' || size > largeWeights) return undefined;
  if ((await fileDigest(path, 'sha256')) !== sha256) return undefined;
  return { path, weightBytes: size, remove: async () => undefined };
}

/** @throws FinetuneError `bad-model` for a file that is not as the run has written it */
async function verifyFile(path: string, sha256: string | undefined): Promise<void> {
  // What cannot be read is told of where it is opened.
  if (sha256 === undefined || typeof (await measureFile(path)) === 'string') return;
  if ((await fileDigest(path, 'sha256')) === sha256) return;
  throw new FinetuneError(
    'bad-model',
    `${path} is not the file that its run.json was written for (its sha-256 differs): it was damaged or exchanged. ` +
      'Copy the run again, or train it again.',
  );
}

/** Whoever reads the one and the other would take one class for another. */
function validateClassNames({ name, card }: Opened, { classNames }: RunRecord): void {
  if (isDeepStrictEqual(classNames, card.classNames)) return;
  throw new FinetuneError(
    'bad-model',
    `The classes in ${join(name, 'run.json')} are not those of the model's card.json, or in another order: ` +
      `${classNames.join(', ')}; ${card.classNames?.join(', ') ?? 'none'}. Copy the run again, or train it again.`,
  );
}

/** Opens a backbone that still has its ImageNet top. */
export async function openBackbone(name: string, onDevice: OnDevice): Promise<OpenModel> {
  const { dir, card } = await resolveBackbone(name);
  classNamesOf(card);
  const { loadNetwork, openOnCpu, writeForThreads } = await import('./open-network.js');
  const network = await loadNetwork(dir, card);
  const opened = await openOn(onDevice, card, {
    network: async () => network,
    onCpu: () => openOnCpu(network),
    precisionOnCpu: 'fp32',
  });
  const forThreads = () => writeForThreads(network);
  return validate({ name, path: join(dir, 'model.json'), folder: dir, card, forThreads, ...opened });
}

/** The same model in its two forms. */
interface Forms {
  readonly network: () => Promise<Network>;
  readonly onCpu: () => Promise<Session>;
  readonly precisionOnCpu: Place['precision'];
}

/** On a device, if it computes there what the CPU computes; else on the CPU. */
async function openOn(
  { device, warn }: OnDevice,
  card: Card,
  { network, onCpu, precisionOnCpu }: Forms,
): Promise<Pick<Opened, 'session' | 'place'>> {
  const cpu: Place = { device: 'cpu', precision: precisionOnCpu };
  if (device === 'cpu') return { session: await onCpu(), place: () => cpu };
  await validateDevice(device);
  const { openOnDevice } = await import('./open-network.js');
  const layers = await network();
  try {
    const session = await openOnDevice(device, layers, card);
    let place: Place = { device, precision: 'fp32' };
    const warnOfFailure = (reason: string) => {
      place = cpu;
      warn(`${device} failed, so the network runs on the CPU: ${reason}`);
    };
    return { session: withFallBack(session, { onCpu, warn: warnOfFailure }), place: () => place };
  } catch (error) {
    warn(`--device ${device} cannot be used here, so the network runs on the CPU: ${messageOf(error)}`);
    return { session: await onCpu(), place: () => cpu };
  }
}

/**
 * Says what a model takes and gives; a model that is refused is closed.
 * @throws FinetuneError `bad-model` where the model and its card come from different networks
 */
async function validate(opened: Opened, record?: RunRecord): Promise<OpenModel> {
  try {
    const read = readCard(opened);
    if (record !== undefined) validateClassNames(opened, record);
    return { ...opened, ...read };
  } catch (error) {
    await opened.session.release();
    throw error;
  }
}

function readCard({ card, session, path }: Opened): Pick<OpenModel, 'rules' | 'classNames'> {
  const [height, width] = card.inputShape;
  if (card.classNames === undefined || height === null || width === null) {
    throw new FinetuneError(
      'bad-model',
      `The card of ${card.name} lacks its class names or its input shape.`,
    );
  }
  const agree = (what: string, declared: DeclaredShape, expected: readonly (number | null)[]) => {
    const differs = declared.some((size, i) => typeof size === 'number' && size !== expected[i]);
    if (!differs) return;
    throw new FinetuneError(
      'bad-model',
      `${path} does not go with its card.json: the ${what} of the model is ${declared.join('x')}, ` +
        `that of the card ${expected.join('x')}. Put back the files that belong together, or make the model anew.`,
    );
  };
  agree('input shape', session.inputShape.slice(1), card.inputShape);
  const [outputs] = session.outputShape.slice(-1);
  const isBinary = outputs === 1 && card.classNames.length === 2;
  if (!isBinary) agree('number of classes', session.outputShape.slice(-1), [card.classNames.length]);
  const { resize, preprocessing } = card;
  const rules: InputRules = { size: [height, width], channels: card.inputShape[2], resize, preprocessing };
  return { rules, classNames: card.classNames };
}
