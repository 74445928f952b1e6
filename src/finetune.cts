#!/usr/bin/env node
// Starts the command line, with a thread per processor in Node's own pool, which decodes photos: by default it has four,
// however many processors there are. CommonJS, because loading an ES module starts the pool already.

import os = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, os.availableParallelism()));
void import('./cli.js');
