// JSON that tells whether it was changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsSealed, isTextAsSealed, seal, sealText } from '../../src/system/seal.js';

const value = { name: 'pets', left: undefined, classes: ['cat', 'dog'], accuracy: 0.1 + 0.2 };
const model = Buffer.from('{"layers":[]}');
const read = (text: string): object => JSON.parse(text);

test('what is read back is as it was sealed, however the text is laid out', () => {
  const sealed = seal(value, [model]);
  for (const text of [JSON.stringify(sealed), JSON.stringify(sealed, null, 2)])
    assert.equal(isAsSealed(read(text), [model]), true);
});

test('another value, another name or another companion shows', () => {
  const text = JSON.stringify(seal(value, [model]));
  assert.equal(isAsSealed(read(text.replace('"dog"', '"wolf"')), [model]), false);
  assert.equal(isAsSealed(read(text.replace('"name"', '"title"')), [model]), false);
  assert.equal(isAsSealed(read(text), [Buffer.from('{}')]), false);
  assert.equal(isAsSealed(read(text)), false);
});

test('what an older version wrote has no seal, and counts as it is', () => {
  assert.equal(isAsSealed({ name: 'pets' }, [model]), true);
});

test('a text tells whether a line of it was changed, taken out or added', () => {
  const sealed = sealText('cat/1.jpg\ncat/2.jpg\n', words => `# ${words}`);
  assert.match(sealed, /^cat\/1\.jpg\ncat\/2\.jpg\n# sha-256 of all above: [0-9a-f]{64}\n$/);
  assert.equal(isTextAsSealed(sealed), true);
  const edits = [sealed.replace('cat/2.jpg\n', ''), sealed.replace('1.jpg', '3.jpg'), `${sealed}cat/4.jpg\n`];
  for (const edited of edits) assert.equal(isTextAsSealed(edited), false);
  assert.equal(isTextAsSealed('cat/1.jpg\n'), true);
});
