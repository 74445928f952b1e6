// What `inspect` can be told.

import {
  flag,
  integer,
  maybe,
  number,
  type OptionTable,
  type Resolved,
  text,
  withDefault,
} from '../option-kinds.js';
import { dataFolder, exclude, groupBy } from './common-options.js';
import type { OptionsOf } from './verb.js';

/** Options of `inspect`. */
export const inspectOptions = {
  data: dataFolder('Folder with one sub-folder of images per class, as for train'),
  backbone: maybe(
    text(
      'Pretrained network whose features are compared (default: vgg16 if prepared, else efficientnet-lite0)',
      'a name or a folder',
    ),
  ),
  exclude,
  groupBy,
  writeList: maybe(text('Write a list of images to leave out, for train --exclude', 'a file')),
  html: maybe(text('Write a page with thumbnails of what was found', 'a file')),
  force: flag('Replace a list or a page that inspect has written'),
  val: maybe(number(0, 0.9, 'Share that train would hold out for validation (default: 0.2)')),
  test: maybe(number(0, 0.9, 'Share that train would hold out for a final test (default: 0)')),
  seed: withDefault(integer(0, 2 ** 31 - 1, 'Seed of the split, as for train'), 1),
  store: maybe(text('Folder of the feature store (default: in the cache directory)', 'a folder')),
} as const satisfies OptionTable;

/** What `inspect` takes. */
export type InspectOptions = OptionsOf<typeof inspectOptions>;

/** The same, checked and completed. */
export type SettledInspectOptions = Resolved<typeof inspectOptions>;
