// --class-weights, from what is typed to what an image counts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { loadClassWeights, resolveClassWeights } from '../../../src/pipeline/train/class-weights-option.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-weights-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const classNames = ['10', '2', '__proto__', 'constructor', 'rose'];

const tables: [name: string, text: string, expected: number[]][] = [
  ['rose.yaml', 'rose: 2\n"10": 0.5\n', [0.5, 1, 1, 1, 2]],
  ['rose.json', '{"2": 3}', [1, 3, 1, 1, 1]],
  ['odd.json', '{"__proto__": 4, "constructor": 5}', [1, 1, 4, 5, 1]],
];

for (const [name, text, expected] of tables) {
  test(`${text.trim()} is by class, and what it does not name weighs 1`, async () => {
    assert.deepEqual(resolveClassWeights(await loadClassWeights(write(name, text)), classNames), expected);
  });
}

test('balanced stays a word', async () => {
  assert.equal(resolveClassWeights(await loadClassWeights('balanced'), classNames), 'balanced');
});

const noFiles: [given: string, message: RegExp][] = [
  ['balancd', /--class-weights balancd: there is no such file\. Did you mean balanced\?/],
  ['mine.yml', /--class-weights mine\.yml: there is no such file\. Expected balanced, or a file\./],
  [folder, /: it is a folder, not a file\. Expected balanced/],
  ['/dev/zero', /: it is a device, not a file\. Expected balanced/],
  [write('list.yaml', '[1, 2]'), /expected weights by class, e\.g\. a line "cat: 2"/],
  [write('empty.yaml', '{}'), /expected weights by class/],
];

for (const [given, message] of noFiles) {
  test(`--class-weights ${given.replace(folder, '')} is refused`, async () => {
    await assert.rejects(loadClassWeights(given), { code: 'bad-option', message });
  });
}

const mistakes: [table: object, message: RegExp][] = [
  [{ rsoe: 2 }, /there is no class rsoe\. Did you mean rose\?/],
  [{ toString: 2 }, /there is no class toString\. Expected one of: 10, 2, /],
  [{ rose: 0 }, /rose expects a number from 0\.000001 to 1000000\. Received: 0\./],
  [{ rose: Number.NaN }, /rose expects .* Received: NaN\./],
  [{ rose: '2' }, /rose expects .* Received: "2"\./],
];

for (const [table, message] of mistakes) {
  test(`the weights ${JSON.stringify(table)} are refused`, () => {
    const given = table as Record<string, number>;
    assert.throws(() => resolveClassWeights(given, classNames), { code: 'bad-option', message });
  });
}
