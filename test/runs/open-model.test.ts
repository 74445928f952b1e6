// The model that predicts, on the device that is wanted.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { loadCard, saveCard } from '../../src/backbones/card.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { loadClassifier } from '../../src/runs/classifier.js';
import { openBackbone, openRun } from '../../src/runs/open-model.js';
import { fileDigest } from '../../src/system/file-digest.js';
import { checkout } from '../helpers/finetune.js';
import { swiftShader } from '../helpers/swiftshader.js';

const embedded = join(checkout, 'pretrained/efficientnet-lite0');
const silently = { warn: (message: string) => assert.fail(message) };

test('a backbone with its top says what it takes and what it gives', async () => {
  const { rules, classNames, place, session } = await openBackbone(embedded, { device: 'cpu', ...silently });
  await session.release();
  assert.deepEqual([rules.size, rules.channels, classNames.length], [[224, 224], 3, 1000]);
  assert.deepEqual(place(), { device: 'cpu', precision: 'fp32' });
});

test('a device that cannot be used means the CPU, and a warning', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  for (const name of Object.keys(swiftShader)) delete process.env[name];
  const warnings: string[] = [];
  const opened = await openBackbone(embedded, { device: 'webgpu', warn: message => warnings.push(message) });
  await opened.session.release();
  assert.equal(opened.place().device, 'cpu');
  assert.match(warnings.join('\n'), /^--device webgpu cannot be used here.*CPU: webgpu does not start: /);
  assert.match(warnings.join('\n'), /Install the driver of your GPU, or update it$/);
});

test('a device that this machine can never have is refused', async t => {
  if (process.platform !== 'linux') return t.skip('it may have one');
  await assert.rejects(openBackbone(embedded, { device: 'dml', ...silently }), {
    code: 'engine-missing',
    message: /^--device dml needs Windows/,
  });
});

test('a folder that is no run is named', async () => {
  await assert.rejects(openRun(embedded, { device: 'cpu', ...silently }), { message: /efficientnet-lite0/ });
});

test('a run of which anything that predicts was changed since it was written is refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
  const [path, cardPath, recordPath] = ['model.onnx', 'model/card.json', 'run.json'].map(name =>
    join(dir, name),
  );
  writeFileSync(path!, compileOnnx(await loadLayersModel(embedded)));
  const card = await loadCard(embedded);
  await saveCard(join(dir, 'model'), card);
  const files = {
    'model.onnx': await fileDigest(path!, 'sha256'),
    'model/card.json': await fileDigest(cardPath!, 'sha256'),
  };
  const { classNames = [] } = card;
  const record = { formatVersion: 1, finishedAt: '2026-01-01T00:00:00Z', classNames, split: {}, files };
  const open = () => openRun(dir, { device: 'cpu', ...silently });
  const refused = (message: RegExp) => assert.rejects(open, { code: 'bad-model', message });

  writeFileSync(recordPath!, JSON.stringify({ ...record, classNames: classNames.toReversed() }));
  await refused(/classes in .*run\.json are not those of the model's card\.json, or in another order/);

  writeFileSync(recordPath!, JSON.stringify(record));
  await (await open()).session.release();

  await saveCard(join(dir, 'model'), { ...card, preprocessing: { ...card.preprocessing, mean: [1, 1, 1] } });
  await refused(/card\.json is not the file/);
  await saveCard(join(dir, 'model'), card);

  const bytes = readFileSync(path!);
  bytes.writeUInt8(bytes.readUInt8(1_000_000) ^ 1, 1_000_000);
  writeFileSync(path!, bytes);
  await refused(/model\.onnx is not the file/);
});

test('one output for two names, as a sigmoid gives it, is no contradiction', async () => {
  const file = join(checkout, 'test/fixtures/cases/dense1_sigmoid.keras');
  const { dir } = await prepare({
    from: file,
    out: join(mkdtempSync(join(tmpdir(), 'finetune-')), 'binary'),
    classNames: 'cat,dog',
    preprocessing: 'none',
  });
  const classifier = await loadClassifier({ backbone: dir });
  const { probabilities } = await classifier.classify(join(checkout, 'datasets/digits/0/001.png'));
  await classifier.close();
  assert.equal(probabilities.length, 2);
  assert.ok(Math.abs((probabilities[0] ?? 0) + (probabilities[1] ?? 0) - 1) < 1e-6);
});
