// The build of an engine of its own, as far as that goes without the network.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { buildTensorflow, workDirectory } from '../../../../src/engines/tensorflow/setup/build.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-build-'));
const { CXX, FINETUNE_CACHE, PATH } = process.env;
after(() => {
  Object.assign(process.env, { PATH }, CXX && { CXX }, FINETUNE_CACHE && { FINETUNE_CACHE });
  rmSync(folder, { recursive: true });
});

/** Programs that are there, but take their time. */
function useSlowPip(): void {
  const python = join(folder, 'python3');
  writeFileSync(python, '#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\nexec sleep 60\n');
  chmodSync(python, 0o755);
  process.env.PATH = [folder, PATH].join(':');
  process.env.CXX = process.execPath;
  process.env.FINETUNE_CACHE = join(folder, 'cache');
}

const elsewhere = process.platform !== 'linux' && 'engines are built on Linux alone';

test('an abort while pip downloads ends pip, and leaves nothing but finished downloads', {
  skip: elsewhere,
}, async () => {
  useSlowPip();
  const stop = new AbortController();
  const tell = (step: string) => {
    if (/downloading/.test(step)) setTimeout(() => stop.abort(), 100);
  };
  const building = buildTensorflow('cpu', { tell, signal: stop.signal });
  await assert.rejects(building, { name: 'AbortError' });
  assert.deepEqual(readdirSync(workDirectory()), ['.finetune-setup', 'wheels']);
});
