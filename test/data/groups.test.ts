// Images that share a subset: by a part of their names, or because they are copies.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DataSet } from '../../src/data/data-set.js';
import { describeTornGroups, groupExamples } from '../../src/data/groups.js';
import { planSplit } from '../../src/data/split.js';

function dataSetOf(paths: readonly string[]): DataSet {
  const classNames = [...new Set(paths.map(path => path.split('/')[0] ?? ''))];
  const examples = paths.map(path => {
    const label = classNames.indexOf(path.split('/')[0] ?? '');
    return { path, file: path, label, hash: Buffer.from(path).toString('hex') };
  });
  return { root: '.', classNames, examples, bad: [], warnings: [], fingerprint: '' };
}

/** 12 videos of 10 frames in each of two classes. */
const frames = dataSetOf(
  ['cat', 'dog'].flatMap(name =>
    Array.from({ length: 120 }, (_, i) => `${name}/video${Math.floor(i / 10)}_${i}.jpg`),
  ),
);

/** Each letter more doubles the time in which an expression that goes back and forth fails. */
const withLongName = dataSetOf([...frames.examples.map(({ path }) => path), `dog/${'a'.repeat(80)}`]);

const subsetOf = (split: ReturnType<typeof planSplit>, path: string) =>
  split.val.some(each => each.path === path) ? 'val' : 'train';

for (const seed of [1, 2, 3]) {
  test(`images of one group share a subset, over classes, and every class has both (seed ${seed})`, async () => {
    const split = planSplit(await groupExamples(frames, { groupBy: '/(video\\d+)_' }), { seed });
    for (let i = 0; i < 120; i++) {
      const video = Math.floor(i / 10);
      const first = subsetOf(split, `cat/video${video}_${video * 10}.jpg`);
      for (const name of ['cat', 'dog'])
        assert.equal(subsetOf(split, `${name}/video${video}_${i}.jpg`), first);
    }
    assert.ok(split.val.length > 0 && split.train.length > 0);
  });
}

test('copies share a subset, also of groups that have nothing else in common', async () => {
  const copies = [[0, 239]];
  const { examples } = await groupExamples(frames, { groupBy: '/(video\\d+)_', copies });
  assert.equal(examples[0]?.group, examples[239]?.group);
  assert.notEqual(examples[0]?.group, examples[15]?.group);
});

test('images that match nothing are each their own group, as without groups', async () => {
  const { examples } = await groupExamples(frames, { groupBy: 'cat/(video1)_' });
  assert.equal(examples[0]?.group, examples[0]?.hash);
});

test('a group that folders have torn apart is a warning', async () => {
  const { examples } = await groupExamples(frames, { groupBy: '/(video\\d+)_' });
  const [one, other, third] = [examples[0], examples[1], examples[15]].flatMap(each => each ?? []);
  assert.ok(one && other && third);
  assert.match(
    describeTornGroups({ train: [one], val: [other], test: [] }).join(),
    /: 1, e\.g\. that of cat/,
  );
  assert.deepEqual(describeTornGroups({ train: [one, other], val: [third], test: [] }), []);
});

const refused: Readonly<Record<string, [groupBy: string, message: RegExp]>> = {
  'that is none': ['(video', /Unterminated group/],
  'without a group': ['video', /no group in parentheses/],
  'that matches nothing': ['(bird)', /it gives no image a group, e\.g\. not cat\/video0_0\.jpg/],
  'whose group is always empty': ['(x*)', /it gives no image a group/],
  'that would go back and forth for ever': ['/(([a-z]+)+)!$', /takes too long on dog\/aaa/],
};

for (const [what, [groupBy, message]] of Object.entries(refused)) {
  test(`an expression ${what} is refused`, async () => {
    await assert.rejects(groupExamples(withLongName, { groupBy }), { code: 'bad-option', message });
  });
}
