// The embedded backbone and every network of the catalogue against what Keras computed with the same weights, by
// scripts/golden/networks.py. Needs neither Python nor files from elsewhere: the catalogue's weights are made up here, by
// the rule that Keras was given, too.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadCard } from '../../src/backbones/card.js';
import { findInCatalogue } from '../../src/backbones/catalogue.js';
import { preprocessInput } from '../../src/backbones/preprocessing.js';
import type { Preprocessing } from '../../src/data/image-rules.js';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { loadLayersModel, saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../src/inference/session.js';
import { cutAt, withInputShape } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { loadInTfjs, predict } from '../formats/plain-tfjs.js';
import { checkout } from '../helpers/finetune.js';
import { hash, madeUpNumbers, writeMadeUpWeights } from '../helpers/made-up-weights.js';

/** What is stored of the features that a network gives for one image. */
interface Golden {
  readonly size: readonly [height: number, width: number];
  readonly shape: readonly number[];
  /** Where the largest number is, and what it is. */
  readonly best: number;
  readonly largest: number;
  /** Sums in which every number and its place counts. */
  readonly sums: readonly number[];
}

const golden: {
  readonly embedded: readonly (Golden & { readonly layer: string })[];
  readonly catalogue: readonly (Golden & { readonly network: string; readonly top: boolean })[];
} = JSON.parse(readFileSync(join(checkout, 'test/fixtures/golden.json'), 'utf8'));

describe('the embedded EfficientNet-Lite0 computes what Keras computes with its weights', () => {
  const folder = join(checkout, 'pretrained/efficientnet-lite0');
  for (const { layer, ...expected } of golden.embedded) {
    const title = `${layer} at ${expected.size.join('x')}`;
    const load = async () => {
      const { preprocessing } = await loadCard(folder);
      const network = cutAt(await loadLayersModel(folder), layer);
      return { network: withInputShape(network, expected.size), preprocessing };
    };
    test(`${title}, in ONNX Runtime`, async () => {
      const { network, preprocessing } = await load();
      assertGolden(
        await runInOnnx(network, madeUpPhoto(expected.size, preprocessing), expected.size),
        expected,
      );
    });
    test(`${title}, in plain tfjs`, async t => {
      const { network, preprocessing } = await load();
      assertGolden(
        await runInTfjs(makeFolder(t), network, madeUpPhoto(expected.size, preprocessing), expected.size),
        expected,
      );
    });
  }
});

describe('a network of the catalogue, prepared from a weights file, computes what Keras computes', () => {
  const titleOf = ({ network, top }: (typeof golden.catalogue)[number]) =>
    `${network} ${top ? 'with' : 'without'} its top`;
  for (const title of new Set(golden.catalogue.map(titleOf))) {
    const cases = golden.catalogue.filter(each => titleOf(each) === title);
    test(`${title}, at ${cases.map(({ size }) => size.join('x')).join(' and ')}`, async t => {
      const dir = makeFolder(t);
      const { network: name, top: includeTop } = cases[0]!;
      const weights = join(dir, 'weights.h5');
      await writeMadeUpWeights(weights, findInCatalogue(name)!.plan({ inputSize: [null, null], includeTop }));
      const out = join(dir, 'prepared');
      const { card } = await prepare({ name, includeTop, weights, out });
      const prepared = await loadLayersModel(out);
      for (const expected of cases) {
        const photo = madeUpPhoto(expected.size, card.preprocessing);
        assertGolden(
          await runInOnnx(withInputShape(prepared, expected.size), photo, expected.size),
          expected,
        );
      }
    });
  }
});

function makeFolder(t: { after(remove: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-golden-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Patches of colour with some grain, preprocessed: `[height, width, 3]`. */
function madeUpPhoto([height, width]: Golden['size'], preprocessing: Preprocessing): Float32Array {
  const pixels = Float32Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x, channel] = [Math.floor(i / (width * 3)), Math.floor(i / 3) % width, i % 3];
    const patch = Math.floor((y * 7) / height) * 21 + Math.floor((x * 7) / width) * 3 + channel;
    return (hash(patch) % 226) + (hash(i + 1000) % 30);
  });
  return preprocessInput(pixels, preprocessing);
}

async function runInOnnx(network: Network, input: Float32Array, size: Golden['size']) {
  const session = await openSession(compileOnnx(network));
  const { data, shape } = await session.run(input, [1, ...size, 3]);
  await session.release();
  return { data, shape: shape.slice(1) };
}

async function runInTfjs(dir: string, network: Network, input: Float32Array, size: Golden['size']) {
  await saveLayersModel(dir, network);
  const model = await loadInTfjs(dir);
  const [data] = predict(model, [{ data: input, shape: [...size, 3] }]);
  return { data: data!, shape: model.outputs[0]!.shape.slice(1) };
}

function assertGolden(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly (number | null)[] },
  { shape: expectedShape, best, largest, sums }: Golden,
): void {
  const tolerance = 1e-5 * Math.max(1, largest);
  assert.deepEqual(shape, expectedShape);
  assert.ok(
    Math.abs(data[best]! - largest) <= tolerance,
    `number ${best}: ${data[best]} instead of ${largest}`,
  );
  for (const [i, expected] of sums.entries()) {
    const factors = madeUpNumbers(`sum ${i}`, data.length);
    const sum =
      data.reduce((total, value, place) => total + value * factors[place]!, 0) / Math.sqrt(data.length);
    assert.ok(Math.abs(sum - expected) <= tolerance, `sum ${i}: ${sum} instead of ${expected}`);
  }
}
