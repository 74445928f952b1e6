// Where the repository is.

import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository's folder, also for what was compiled into another one: there package.json is a link. */
export const checkout = dirname(realpathSync(join(import.meta.dirname, '../package.json')));
