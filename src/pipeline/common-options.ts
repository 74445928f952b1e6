// Options that several verbs have.

import { deviceNames } from '../inference/devices.js';
import { choice, flag, maybe, sizeInPixels, text, withDefault } from '../option-kinds.js';

/** The size of a network's input, for `prepare` and `train`. */
export const inputShape = maybe(
  sizeInPixels("Height and width of the network's input in pixels (default: the backbone's own)"),
);

/** Which run to use, for `predict` and `evaluate`. */
export const model = maybe(
  text("A run's folder (default: the newest finished run under ./runs)", 'a folder'),
);

/** Whether a run or a backbone of this program may be replaced, for `prepare` and `train`. */
export const force = flag('Replace the run or the backbone that is there');

/** What a network runs on, for `predict` and `evaluate`. */
export const device = withDefault(
  choice(deviceNames, 'What the network runs on; the CPU where the device cannot be used'),
  'cpu',
);
