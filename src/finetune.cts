#!/usr/bin/env node
// Starts the command line, with a thread per processor in Node's own pool, which decodes photos: by default it has four,
// however many processors there are. CommonJS, because loading an ES module the usual way starts the pool already.

import addressSpace = require('./system/address-space.js');
import processors = require('./system/processors.js');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, processors.countProcessors()));
const limit = addressSpace.addressSpaceLimit();
const needed = addressSpace.addressSpaceFor(process.argv[2]);
if (limit < needed) {
  refuse(
    `this process may use ${Math.floor(limit / 2 ** 20)} MiB of addresses (ulimit -v), and it needs ` +
      `${needed / 2 ** 20} at least. Raise the limit with \`ulimit -v unlimited\`.`,
  );
} else {
  import('./cli.js').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EMFILE') throw error;
    refuse('too many files are open. Raise the limit with `ulimit -n 1024`.');
  });
}

/** Before there is anything to say it with. */
function refuse(message: string): void {
  process.stderr.write(`finetune: ${message}\n`);
  process.exitCode = 1;
}
