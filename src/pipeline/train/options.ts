// What `train` can be told: a table, from which flags, help and types are made. What of it goes together, training-plan.ts says.

import { deviceNames } from '../../inference/devices.js';
import {
  choice,
  flag,
  integer,
  maybe,
  number,
  type OptionTable,
  type Resolved,
  text,
  withDefault,
} from '../../option-kinds.js';
import { dataFolder, exclude, force, groupBy, inputShape } from '../common-options.js';
import type { OptionsOf } from '../verb.js';
import { augmentOption } from './augment-option.js';
import { featureOptions } from './feature-options.js';
import { fitOptions } from './fit-options.js';
import { folds } from './folds-options.js';
import { time } from './time-options.js';

/** Options of `train`. */
export const trainOptions = {
  data: dataFolder(
    'Folder with one sub-folder of images per class, or train/ (and val/, test/) holding such folders',
  ),
  backbone: maybe(
    text(
      'Pretrained network, prepared: a name or a folder (default: vgg16 if prepared, else efficientnet-lite0); ' +
        'auto, the best of those that are prepared; convnet, a small one that is trained from scratch; or, with ' +
        '--recipe scratch, a model file of your own, whose weights do not count',
      'a name or a folder',
    ),
  ),
  exclude,
  groupBy,
  out: maybe(text("The run's folder (default: ./runs/<name of the data folder>)", 'a folder')),
  force,
  time,
  resume: flag(
    'Go on with the training that was stopped, which the same command does anyway: refused where there is none, or ' +
      'its data set or an option was another',
  ),
  inputShape,
  channels: maybe(
    integer(
      1,
      4,
      'Channels that convnet takes: 1 is grey, 3 is RGB (default: 1 where all images are grey, else 3)',
    ),
  ),
  cut: maybe(
    text(
      'Layer of the backbone whose output the head gets (default: its last feature map)',
      'the name of a layer',
    ),
  ),
  recipe: maybe(
    choice(
      ['head', 'fine-tune', 'full', 'scratch'],
      'Train the head alone, or also the topmost blocks of the backbone, on views of the images; or, in much more ' +
        'time, all of it, on new views in every epoch; or a network from scratch (default: head; with convnet: scratch)',
    ),
  ),
  unfreeze: maybe(
    text(
      'Blocks of the backbone to train too: a layer, a block such as block5, how many from the top, or all',
      'a layer, a block, a number or all',
    ),
  ),
  layerDecay: maybe(
    number(
      0.1,
      1,
      'What the learning rate is multiplied with from block to block downwards (default: 1; of a whole ' +
        'backbone 0.85)',
    ),
  ),
  views: maybe(
    integer(
      0,
      100,
      'Changed views of every training image to train unfrozen blocks on (default: 0; fine-tune: 6); for a whole ' +
        'backbone every epoch draws new ones',
    ),
  ),
  ...augmentOption,
  resize: maybe(choice(['stretch', 'crop', 'pad'], 'How a photo becomes a rectangle (default: stretch)')),
  val: maybe(number(0, 0.9, 'Share of the images held out for validation (default: 0.2)')),
  test: maybe(number(0, 0.9, 'Share of the images held out for a final test (default: 0)')),
  folds,
  ...featureOptions,
  pooling: withDefault(choice(['avg', 'max', 'flatten'], 'How feature maps become one vector'), 'avg'),
  ...fitOptions,
  precision: withDefault(
    choice(['auto', 'fp32', 'int8'], 'How the frozen base computes; auto measures int8 on your images'),
    'auto',
  ),
  device: withDefault(
    choice(['auto', ...deviceNames], 'What the frozen base runs on; auto measures where there is a GPU'),
    'auto',
  ),
  verify: flag('Compare the int8 model with the fp32 one on every validation image, not on 32'),
  engine: withDefault(choice(['auto', 'tensorflow', 'wasm'], 'What trains the head'), 'auto'),
  seed: withDefault(integer(0, 2 ** 31 - 1, 'Seed of the split, the order, dropout and initial weights'), 1),
  store: maybe(text('Folder of the feature store (default: in the cache directory)', 'a folder')),
  config: maybe(text('YAML or JSON file with any of these options, e.g. of a run', 'a file')),
} as const satisfies OptionTable;

/** What `train` takes. */
export type TrainOptions = OptionsOf<typeof trainOptions>;

/** The same, checked and completed. */
export type SettledTrainOptions = Resolved<typeof trainOptions>;
