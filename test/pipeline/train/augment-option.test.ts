// --augment, from what is typed to a table.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { loadAugmentation, planAugmentation } from '../../../src/pipeline/train/augment-option.js';
import { namedAugmentations } from '../../../src/training/augmentation.js';

const folder = mkdtempSync(join(tmpdir(), 'finetune-augment-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const rotation = { rotation: { degrees: [-5, 5], probability: 0.5 } };

test('A table is read from YAML or JSON, and a name stays a name', async () => {
  const yaml = write('mine.yaml', 'rotation:\n  degrees: [-5, 5]\n  probability: 0.5\n');
  assert.deepEqual(await loadAugmentation(yaml), rotation);
  assert.deepEqual(await loadAugmentation(write('mine.json', JSON.stringify(rotation))), rotation);
  assert.equal(await loadAugmentation('strong'), 'strong');
  assert.deepEqual(planAugmentation('strong'), namedAugmentations.strong);
});

const mistakes: [given: string, message: RegExp][] = [
  ['lihgt', /--augment lihgt: there is no such file\. Did you mean light\?/],
  ['mine.yml', /--augment mine\.yml: there is no such file\. Expected none, light, strong, or a file\./],
  [write('wrong.yaml', 'rotate: {degrees: [0, 5]}'), /unknown name rotate/],
  [write('broken.yaml', '{'), /it is not YAML/],
  [write('text.yaml', 'light'), /expected a table/],
];

for (const [given, message] of mistakes) {
  test(`--augment ${given.replace(folder, '')} is refused`, async () => {
    await assert.rejects(loadAugmentation(given), { code: 'bad-option', message });
  });
}
