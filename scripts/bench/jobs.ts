// What is compared: one row per job.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, type Folder, finetune, peer } from './contenders.js';
import { copiesOf, megapixelPhotos } from './photos.js';
import { runProcess } from './process.js';
import type { KerasFile, Workspace } from './workspace.js';

export interface Job {
  readonly name: string;
  readonly title: string;
  /** What the contenders are compared by. */
  readonly figure: 'imagesPerSecond' | 'seconds' | 'peakMegabytes';
  readonly contenders: readonly Contender[];
}

interface Network {
  readonly title: string;
  /** Its Keras file. */
  readonly file: KerasFile;
  /** How Keras is told of it. */
  readonly kerasFlags: readonly string[];
}

const vgg16: Network = {
  title: 'VGG16',
  file: 'vgg16',
  kerasFlags: ['--preprocessing', 'caffe'],
};

const mobileNet: Network = {
  title: 'MobileNetV2 0.35',
  file: 'mobilenet_v2_0.35',
  kerasFlags: ['--preprocessing', 'tf'],
};

const efficientNet: Network = {
  title: 'EfficientNet-Lite0',
  file: 'efficientnet_lite0',
  kerasFlags: ['--preprocessing', 'lite', '--cut', 'top_activation'],
};

const flowers: Folder = ({ data }) => data;

/** The Keras file, prepared once by `finetune prepare`. */
const prepared = (network: Network) => async (workspace: Workspace) => {
  const folder = join(workspace.dir, 'prepared', network.title.toLowerCase().replaceAll(' ', '-'));
  if (!existsSync(join(folder, 'card.json'))) {
    const file = await workspace.kerasFile(network.file);
    const flags = ['--from', file, '--out', folder, ...network.kerasFlags.slice(0, 2)];
    await runProcess(process.execPath, [join(workspace.checkout, 'dist/finetune.cjs'), 'prepare', ...flags]);
  }
  return folder;
};

const ours = (network: Network, folder: Folder, name = 'finetune', flags: readonly string[] = []) =>
  finetune(name, folder, prepared(network), flags);

const inBothPrecisions = (network: Network, folder: Folder) =>
  ['int8', 'fp32'].map(precision =>
    ours(network, folder, `finetune, ${precision}`, ['--precision', precision]),
  );

const keras = (
  mode: 'extract' | 'recipe' | 'cached',
  network: Network,
  folder: Folder,
  flags: readonly string[] = [],
) =>
  peer(`Keras${mode === 'extract' ? '' : `, ${mode}`}`, 'keras_peer.py', async workspace => [
    mode,
    await workspace.kerasFile(network.file),
    ...(await subsetsOf(folder, workspace)),
    ...network.kerasFlags,
    ...flags,
  ]);

const torch = (folder: Folder) => peer('PyTorch', 'torch_peer.py', workspace => subsetsOf(folder, workspace));

const subsetsOf = async (folder: Folder, workspace: Workspace) => {
  const root = await folder(workspace);
  return [join(root, 'train'), join(root, 'val')];
};

const extraction = (name: string, network: Network, folder: Folder, others: readonly Contender[]): Job => ({
  name,
  title: `${network.title}, photos through the frozen base`,
  figure: 'imagesPerSecond',
  contenders: [...others, keras('extract', network, folder)],
});

const training = (name: string, network: Network): Job => ({
  name,
  title: `${network.title}, the whole training job`,
  figure: 'seconds',
  contenders: [
    ours(network, flowers),
    keras('cached', network, flowers, ['--epochs', '30']),
    keras('recipe', network, flowers, ['--epochs', '5']),
  ],
});

const memory = (count: number) =>
  ours(vgg16, workspace => copiesOf(workspace, count), `finetune, ${count} photos`);

/** What runs unless `--only` chooses. */
export const jobs: readonly Job[] = [
  extraction('extract-vgg16', vgg16, flowers, [...inBothPrecisions(vgg16, flowers), torch(flowers)]),
  extraction('extract-mobilenet', mobileNet, flowers, inBothPrecisions(mobileNet, flowers)),
  extraction('extract-efficientnet', efficientNet, flowers, inBothPrecisions(efficientNet, flowers)),
  extraction('extract-12-megapixels', efficientNet, megapixelPhotos, [ours(efficientNet, megapixelPhotos)]),
  training('train-mobilenet', mobileNet),
  training('train-vgg16', vgg16),
];

/** They take many minutes: `--only memory`. */
export const jobsOnDemand: readonly Job[] = [
  {
    name: 'memory',
    title: 'VGG16, peak memory',
    figure: 'peakMegabytes',
    contenders: [memory(800), memory(20_000)],
  },
];
