// The rule that keeps tests where they are looked for: what does the work has a test of its own, at the same path.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { globSync } from 'glob';

const rooms = '{pipeline,features,runs}';
const testOf = (source: string) => source.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
/** `store-mishaps.test.ts` tests `store.ts`: what is long is told apart by a word more. */
const sourcesOf = (mirrored: string) => {
  const source = mirrored.replace(/^test/, 'src').replace(/\.test\.ts$/, '.ts');
  return [source, source.replace(/-\w+\.ts$/, '.ts')];
};

/** Types are checked by the compiler alone. */
const exportsValues = (source: string) => /^export (?!type |interface )/m.test(readFileSync(source, 'utf8'));

test('every file of pipeline/, features/ and runs/ that exports more than types has a test of its own', () => {
  const sources = globSync(`src/${rooms}/**/*.ts`).filter(exportsValues);
  assert.ok(sources.length > 50);
  const missing = sources.map(testOf).filter(path => !existsSync(path));
  assert.deepEqual(
    missing,
    [],
    `Write, with what the file of this name in src/ promises: ${missing.join(', ')}`,
  );
});

test('every test there has its file', () => {
  const left = globSync(`test/${rooms}/**/*.test.ts`).filter(
    path => !sourcesOf(path).some(source => existsSync(source)),
  );
  assert.deepEqual(
    left,
    [],
    `Move each to where its file has gone, or to the room of what it tests: ${left.join(', ')}`,
  );
});
