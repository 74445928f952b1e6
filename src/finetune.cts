#!/usr/bin/env node
// Starts the command line, with a thread per processor in Node's own pool, which decodes photos: by default it has four,
// however many processors there are. CommonJS, because loading an ES module the usual way starts the pool already.

import processors = require('./system/processors.js');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, processors.countProcessors()));
void import('./cli.js');
