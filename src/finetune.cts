#!/usr/bin/env node
// Starts the command line, with a thread per processor in Node's own pool, which decodes photos: by default it has four,
// however many processors there are. CommonJS, because loading an ES module the usual way starts the pool already.

import processors = require('./system/processors.js');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, processors.countProcessors()));
import('./cli.js').catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EMFILE') throw error;
  // Before there is anything to say it with: this many files belong to the program itself.
  process.stderr.write('finetune: too many files are open. Raise the limit with `ulimit -n 1024`.\n');
  process.exitCode = 1;
});
