// The rule that keeps the tree readable: imports point down the layers, never up or sideways.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { globSync } from 'glob';

const rank: Record<string, number> = {
  'cli.ts': 0,
  commands: 1,
  'index.ts': 1,
  pipeline: 2,
  keras: 3,
  backbones: 3,
  data: 3,
  runtime: 3,
  engines: 3,
  training: 3,
  report: 3,
  export: 3,
  'options.ts': 4,
  'cache-directory.ts': 4,
  'child-process.ts': 4,
  'write-whole.ts': 4,
  'temporary-folder.ts': 4,
  'errors.ts': 5,
  'interrupt.ts': 5,
  'option-kinds.ts': 5,
  'types.ts': 5,
};

/** Sideways imports that are allowed, each with its reason. */
const exceptions: Record<string, string> = {
  'backbones -> keras': 'a catalogue row is a Keras topology, and its weights come from a Keras file',
};

const partOf = (path: string): string => relative('src', path).split('/')[0]!;

function importsOf(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...specifiers].map(match => join(dirname(file), match[1]!));
}

const edges = globSync('src/**/*.ts').flatMap(file =>
  importsOf(file).map(target => ({ file, from: partOf(file), to: partOf(target.replace(/\.js$/, '.ts')) })),
);

test('every part of src has its place in the layers', () => {
  assert.ok(edges.length > 50);
  for (const { file, from, to } of edges) {
    assert.ok(from in rank && to in rank, `${file}: ${from} -> ${to}`);
  }
});

test('imports point down the layers, never up or sideways', () => {
  const wrong = edges
    .filter(({ from, to }) => from !== to && rank[from]! >= rank[to]!)
    .filter(({ from, to }) => !(`${from} -> ${to}` in exceptions));
  assert.deepEqual(wrong, []);
});

test('no exception is kept that nothing uses', () => {
  const used = new Set(edges.map(({ from, to }) => `${from} -> ${to}`));
  assert.deepEqual(
    Object.keys(exceptions).filter(each => !used.has(each)),
    [],
  );
});
