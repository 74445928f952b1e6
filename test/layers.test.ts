// The rule that keeps the tree readable: imports point down the layers, never up or sideways.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { globSync } from 'glob';

/** From the top floor down; parts on one floor know nothing of each other. */
const floors: readonly (readonly string[])[] = [
  ['finetune.cts'],
  ['cli.ts'],
  ['commands', 'index.ts'],
  ['pipeline'],
  ['report'],
  ['runs', 'export'],
  ['features'],
  ['training'],
  ['engines'],
  ['inference'],
  ['backbones'],
  ['formats'],
  ['network'],
  ['data'],
  ['system'],
  ['options.ts'],
  ['errors.ts', 'events.ts', 'option-kinds.ts'],
];

const rank = Object.fromEntries(floors.flatMap((parts, floor) => parts.map(part => [part, floor])));

/** Imports up or across that are allowed, each with its reason. */
const exceptions: Record<string, string> = {};

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

test('no files import each other, not even by way of others or for types alone', () => {
  const targets = new Map<string, string[]>();
  for (const file of globSync('src/**/*.{ts,cts}'))
    targets.set(
      file,
      importsOf(file).map(target => target.replace(/\.js$/, '.ts')),
    );
  const cleared = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    assert.ok(!way.includes(file), [...way.slice(way.indexOf(file)), file].join(' -> '));
    if (cleared.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...way, file]);
    cleared.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
});
