// JSON that tells whether it was changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsSealed, seal } from '../../src/system/seal.js';

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
