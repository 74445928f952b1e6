// Options that several verbs have. Those of the verbs that predict are in runs/classifier.ts.

import { deviceNames } from '../inference/devices.js';
import { choice, flag, maybe, sizeInPixels, text, withDefault } from '../option-kinds.js';

/** The size of a network's input, for `prepare` and `train`. */
export const inputShape = maybe(
  sizeInPixels("Height and width of the network's input in pixels (default: the backbone's own)"),
);

/** Whether a run or a backbone of this program may be replaced, for `prepare` and `train`. */
export const force = flag('Replace the run or the backbone that is there');

/** The images that a verb works on, for `train`, `inspect` and `evaluate`. */
export const dataFolder = (help: string) => ({
  ...text(help, 'a folder'),
  missing: 'No data folder given. Expected one with a sub-folder of images per class, e.g. ./pets.',
});

/** Images that are passed over, for `inspect`, `train` and `evaluate`. */
export const exclude = maybe(
  text('File that lists images to leave out, a path a line, as inspect --write-list writes it', 'a file'),
);

/** What a network runs on, for `predict` and `evaluate`. */
export const device = withDefault(
  choice(
    ['auto', ...deviceNames],
    'What the network runs on; auto measures where there is a GPU and much to do',
  ),
  'auto',
);

/** Images that must be in one subset, for `inspect` and `train`. */
export const groupBy = maybe(
  text(
    'Images whose paths in the folder have the same first group of this stay in one subset, e.g. "/(video\\d+)_"',
    'a regular expression',
  ),
);
